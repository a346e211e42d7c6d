// Reads a GGUF header from an untrusted source. Every count and length is compared with what the source can still hold
// before anything is allocated for it.
#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "base/units.h"
#include "formats/byte_cursor.h"
#include "formats/gguf.h"

namespace hearth {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kVersionMin = 2;
constexpr std::uint32_t kVersionMax = 3;
constexpr std::uint64_t kNameBytesMax = 65535;  // Source: gguf.md, keys are at most 2^16 - 1 bytes
constexpr std::uint64_t kDimsMax = 4;
// The least a metadata entry (length, one character, type, value) and a tensor entry (length, dims, type, offset) take.
constexpr std::uint64_t kEntryBytesMin = 8 + 1 + 4 + 1;
constexpr std::uint64_t kTensorBytesMin = 8 + 4 + 4 + 8;
constexpr std::uint64_t kNodeBytes = 160;  // what one kept entry costs in memory besides its text

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 80;
  std::string shown = "'";
  for (const char c : name.substr(0, kShown)) shown += c >= ' ' && c != '\x7f' ? c : '?';
  return shown + (name.size() > kShown ? "...'" : "'");
}

// Bytes of one element; 0 for texts, arrays and unknown types.
std::uint64_t scalar_bytes(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
    case GgufValueType::kInt8:
    case GgufValueType::kBool: return 1;
    case GgufValueType::kUint16:
    case GgufValueType::kInt16: return 2;
    case GgufValueType::kUint32:
    case GgufValueType::kInt32:
    case GgufValueType::kFloat32: return 4;
    case GgufValueType::kUint64:
    case GgufValueType::kInt64:
    case GgufValueType::kFloat64: return 8;
    default: return 0;
  }
}

template <class Stored, class Kept>
Status read_elements(ByteCursor& cursor, std::vector<Kept>& out, std::uint64_t count) {
  out.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    HEARTH_ASSIGN(element, cursor.read<Stored>());
    out.push_back(static_cast<Kept>(element));
  }
  return {};
}

class GgufReader {
 public:
  GgufReader(ByteSource& source, const GgufReadLimits& limits) : cursor_(source, "GGUF file"), limits_(limits) {
    file_.name = source.name();
    file_.size_bytes = source.size_bytes();
  }

  Result<GgufFile> read() {
    HEARTH_TRY(read_magic());
    HEARTH_TRY(read_version());
    HEARTH_ASSIGN(n_tensors, read_count("tensors", kTensorBytesMin));
    HEARTH_ASSIGN(n_entries, read_count("metadata entries", kEntryBytesMin));
    for (std::uint64_t i = 0; i < n_entries; ++i) HEARTH_TRY(read_entry());
    HEARTH_TRY(take_alignment());
    std::set<std::string_view> seen;  // views of names in file_.tensors, which must therefore not reallocate
    HEARTH_TRY(charge(kNodeBytes, n_tensors));
    file_.tensors.reserve(static_cast<std::size_t>(n_tensors));
    for (std::uint64_t i = 0; i < n_tensors; ++i) {
      HEARTH_TRY(read_tensor());
      if (!seen.insert(file_.tensors.back().name).second)
        return fail(cursor_.invalid("tensor " + in_quotes(file_.tensors.back().name) + " is listed twice"));
    }
    HEARTH_TRY(check_layout());
    return std::move(file_);
  }

 private:
  Status read_magic();
  Status read_version();
  Result<std::uint64_t> read_count(const char* of_what, std::uint64_t bytes_each_min);
  Result<std::string> read_text(std::uint64_t size_bytes_max);
  Status read_entry();
  Result<GgufValue> read_value(GgufValueType type, const std::string& key);
  template <class Stored, class Kept>
  Result<GgufValue> read_scalar(GgufValueType type);
  Result<GgufValue> read_array(const std::string& key);
  Status keep_elements(GgufArray& array);
  Status skip_elements(const GgufArray& array);
  Status take_alignment();
  Status read_tensor();
  Status size_tensor(GgufTensor& tensor, std::uint32_t type_id);
  Status check_layout();
  Status check_overlap();
  Status charge(std::uint64_t bytes_each, std::uint64_t count = 1);

  ByteCursor cursor_;
  GgufReadLimits limits_;
  GgufFile file_;
  std::uint64_t kept_bytes_ = 0;
};

// Bounds memory by what is kept, whatever the counts in the file claim.
Status GgufReader::charge(std::uint64_t bytes_each, std::uint64_t count) {
  std::uint64_t bytes = 0;
  if (!checked_mul(bytes_each, count, bytes) || !checked_add(kept_bytes_, bytes, kept_bytes_) ||
      kept_bytes_ > limits_.kept_bytes_max)
    return fail(cursor_.invalid("its header takes more than " + format_bytes(limits_.kept_bytes_max) + " of memory"));
  return {};
}

// What a file that isn't GGUF most likely is.
std::string_view foreign_file_hint(std::uint32_t magic) {
  switch (magic) {
    case 0x67676d6c:  // ggml
    case 0x67676d66:  // ggmf
    case 0x67676a74:  // ggjt
      return "it is a GGML file from before 2023: get the model as GGUF";
    case 0x04034b50: return "it is a ZIP archive (a PyTorch checkpoint?): convert it to GGUF";
    case 0x73726576: return "it is a Git LFS pointer, not the model: run 'git lfs pull'";
    case 0x4f44213c:  // <!DO
    case 0x6d74683c:  // <htm
      return "it is a web page, not a model: check the address it was downloaded from";
    default: return "check that this is a GGUF model";
  }
}

Status GgufReader::read_magic() {
  if (cursor_.remaining() == 0)
    return fail(Error(ErrorCode::kInvalidData, "'" + file_.name + "' is empty", "fetch the model again"));
  HEARTH_ASSIGN(magic, cursor_.read<std::uint32_t>());
  if (magic != kMagic)
    return fail(Error(ErrorCode::kInvalidData, "'" + file_.name + "' is not a GGUF file: it does not begin with 'GGUF'",
                      std::string(foreign_file_hint(magic))));
  return {};
}

Status GgufReader::read_version() {
  HEARTH_ASSIGN(version, cursor_.read<std::uint32_t>());
  const std::string named = "'" + file_.name + "' is GGUF version " + std::to_string(version);
  // Version 3 files may be big-endian; their small version number then sits in the upper bytes.
  if (version != 0 && (version & 0xFFFF) == 0)
    return fail(Error(ErrorCode::kUnsupported, "'" + file_.name + "' is a big-endian GGUF file",
                      "convert it to little-endian (gguf-py: gguf-convert-endian)"));
  if (version == 0) return fail(cursor_.invalid("its version is 0"));
  if (version < kVersionMin)
    return fail(
        Error(ErrorCode::kUnsupported, named + ", which was withdrawn in 2023", "get a newer conversion of the model"));
  if (version > kVersionMax)
    return fail(
        Error(ErrorCode::kUnsupported, named + ", newer than the versions 2 and 3 known here", "update Hearth"));
  file_.version = version;
  return {};
}

Result<std::uint64_t> GgufReader::read_count(const char* of_what, std::uint64_t bytes_each_min) {
  HEARTH_ASSIGN(count, cursor_.read<std::uint64_t>());
  if (count > cursor_.remaining() / bytes_each_min)
    return fail(cursor_.invalid("it claims " + std::to_string(count) + " " + of_what + ", more than its " +
                                std::to_string(file_.size_bytes) + " bytes can hold"));
  return count;
}

Result<std::string> GgufReader::read_text(std::uint64_t size_bytes_max) {
  HEARTH_ASSIGN(size_bytes, cursor_.read<std::uint64_t>());
  if (size_bytes <= cursor_.remaining()) HEARTH_TRY(charge(std::min(size_bytes, size_bytes_max)));
  return cursor_.read_text(size_bytes, size_bytes_max);
}

Status GgufReader::read_entry() {
  HEARTH_TRY(charge(kNodeBytes));
  HEARTH_ASSIGN(key, read_text(kNameBytesMax));
  if (key.empty()) return fail(cursor_.invalid("a metadata key is empty"));
  if (file_.metadata.contains(key)) return fail(cursor_.invalid("metadata key " + in_quotes(key) + " is listed twice"));
  HEARTH_ASSIGN(type, cursor_.read<std::uint32_t>());
  HEARTH_ASSIGN(value, read_value(static_cast<GgufValueType>(type), key));
  file_.metadata.emplace(std::move(key), std::move(value));
  return {};
}

template <class Stored, class Kept>
Result<GgufValue> GgufReader::read_scalar(GgufValueType type) {
  HEARTH_ASSIGN(stored, cursor_.read<Stored>());
  return GgufValue{type, static_cast<Kept>(stored)};
}

Result<GgufValue> GgufReader::read_value(GgufValueType type, const std::string& key) {
  switch (type) {
    case GgufValueType::kUint8: return read_scalar<std::uint8_t, std::uint64_t>(type);
    case GgufValueType::kInt8: return read_scalar<std::int8_t, std::int64_t>(type);
    case GgufValueType::kUint16: return read_scalar<std::uint16_t, std::uint64_t>(type);
    case GgufValueType::kInt16: return read_scalar<std::int16_t, std::int64_t>(type);
    case GgufValueType::kUint32: return read_scalar<std::uint32_t, std::uint64_t>(type);
    case GgufValueType::kInt32: return read_scalar<std::int32_t, std::int64_t>(type);
    case GgufValueType::kUint64: return read_scalar<std::uint64_t, std::uint64_t>(type);
    case GgufValueType::kInt64: return read_scalar<std::int64_t, std::int64_t>(type);
    case GgufValueType::kFloat32: return read_scalar<float, double>(type);
    case GgufValueType::kFloat64: return read_scalar<double, double>(type);
    case GgufValueType::kBool: {
      HEARTH_ASSIGN(flag, cursor_.read<std::uint8_t>());
      if (flag > 1) return fail(cursor_.invalid("the flag " + in_quotes(key) + " is neither 0 nor 1"));
      return GgufValue{type, flag == 1};
    }
    case GgufValueType::kText: {
      HEARTH_ASSIGN(text, read_text(limits_.text_bytes_max));
      return GgufValue{type, std::move(text)};
    }
    case GgufValueType::kArray: return read_array(key);
  }
  return fail(cursor_.invalid("metadata key " + in_quotes(key) + " has the unknown value type " +
                              std::to_string(static_cast<std::uint32_t>(type))));
}

Result<GgufValue> GgufReader::read_array(const std::string& key) {
  HEARTH_ASSIGN(element_type, cursor_.read<std::uint32_t>());
  GgufArray array;
  array.element_type = static_cast<GgufValueType>(element_type);
  const bool texts = array.element_type == GgufValueType::kText;
  const std::uint64_t bytes_each_min = texts ? 8 : scalar_bytes(array.element_type);
  if (bytes_each_min == 0)
    return fail(cursor_.invalid("the array " + in_quotes(key) + " has elements of type " +
                                std::to_string(element_type) + ", where only numbers, flags and texts may be"));
  HEARTH_ASSIGN(count, read_count("array elements", bytes_each_min));
  array.count = count;
  if (count <= limits_.array_elements_kept) {
    HEARTH_TRY(keep_elements(array));
  } else {
    HEARTH_TRY(skip_elements(array));
  }
  return GgufValue{GgufValueType::kArray, std::move(array)};
}

Status GgufReader::keep_elements(GgufArray& array) {
  HEARTH_TRY(charge(sizeof(std::uint64_t), array.count));
  auto& unsigned_elements = array.elements.emplace<0>();
  const auto signed_elements = [&]() -> auto& { return array.elements.emplace<1>(); };
  const auto float_elements = [&]() -> auto& { return array.elements.emplace<2>(); };
  switch (array.element_type) {
    case GgufValueType::kBool:
    case GgufValueType::kUint8: return read_elements<std::uint8_t>(cursor_, unsigned_elements, array.count);
    case GgufValueType::kUint16: return read_elements<std::uint16_t>(cursor_, unsigned_elements, array.count);
    case GgufValueType::kUint32: return read_elements<std::uint32_t>(cursor_, unsigned_elements, array.count);
    case GgufValueType::kUint64: return read_elements<std::uint64_t>(cursor_, unsigned_elements, array.count);
    case GgufValueType::kInt8: return read_elements<std::int8_t>(cursor_, signed_elements(), array.count);
    case GgufValueType::kInt16: return read_elements<std::int16_t>(cursor_, signed_elements(), array.count);
    case GgufValueType::kInt32: return read_elements<std::int32_t>(cursor_, signed_elements(), array.count);
    case GgufValueType::kInt64: return read_elements<std::int64_t>(cursor_, signed_elements(), array.count);
    case GgufValueType::kFloat32: return read_elements<float>(cursor_, float_elements(), array.count);
    case GgufValueType::kFloat64: return read_elements<double>(cursor_, float_elements(), array.count);
    default: break;
  }
  auto& texts = array.elements.emplace<3>();
  HEARTH_TRY(charge(sizeof(std::string), array.count));
  texts.reserve(static_cast<std::size_t>(array.count));
  for (std::uint64_t i = 0; i < array.count; ++i) {
    HEARTH_ASSIGN(text, read_text(limits_.text_bytes_max));
    texts.push_back(std::move(text));
  }
  return {};
}

Status GgufReader::skip_elements(const GgufArray& array) {
  // read_count() has seen that count * size fits into what is left.
  if (array.element_type != GgufValueType::kText) return cursor_.skip(array.count * scalar_bytes(array.element_type));
  for (std::uint64_t i = 0; i < array.count; ++i) {
    HEARTH_ASSIGN(size_bytes, cursor_.read<std::uint64_t>());
    HEARTH_TRY(cursor_.skip(size_bytes));
  }
  return {};
}

Status GgufReader::take_alignment() {
  const GgufValue* value = file_.find("general.alignment");
  if (value == nullptr) return {};
  const auto alignment = value->as_uint();
  if (value->type != GgufValueType::kUint32 || !alignment || !std::has_single_bit(*alignment))
    return fail(cursor_.invalid("its 'general.alignment' is " + (alignment ? std::to_string(*alignment) : "no number") +
                                ", which must be a 32-bit power of two"));
  file_.alignment_bytes = *alignment;
  return {};
}

Status GgufReader::read_tensor() {
  GgufTensor tensor;
  HEARTH_ASSIGN(name, read_text(kNameBytesMax));
  tensor.name = std::move(name);
  HEARTH_ASSIGN(n_dims, cursor_.read<std::uint32_t>());
  if (n_dims > kDimsMax)
    return fail(cursor_.invalid("tensor " + in_quotes(tensor.name) + " has " + std::to_string(n_dims) +
                                " dimensions, more than the 4 there may be"));
  tensor.n_dims = n_dims;
  for (std::uint32_t i = 0; i < n_dims; ++i) {
    HEARTH_ASSIGN(dim, cursor_.read<std::uint64_t>());
    tensor.dims[i] = dim;
  }
  HEARTH_ASSIGN(type_id, cursor_.read<std::uint32_t>());
  HEARTH_ASSIGN(offset, cursor_.read<std::uint64_t>());
  tensor.data_offset = offset;
  HEARTH_TRY(size_tensor(tensor, type_id));
  if (offset % file_.alignment_bytes != 0)
    return fail(cursor_.invalid("tensor " + in_quotes(tensor.name) + " lies at offset " + std::to_string(offset) +
                                ", which is no multiple of the alignment " + std::to_string(file_.alignment_bytes)));
  file_.tensors.push_back(std::move(tensor));
  return {};
}

Status GgufReader::size_tensor(GgufTensor& tensor, std::uint32_t type_id) {
  tensor.type = find_ggml_type(type_id);
  if (tensor.type == nullptr) {
    const std::string_view was = withdrawn_ggml_type(type_id);
    const std::string found = "'" + file_.name + "' stores tensor " + in_quotes(tensor.name) + " as type " +
                              (was.empty() ? std::to_string(type_id) : std::string(was));
    if (was.empty())
      return fail(ErrorCode::kUnsupported, found + ", which is unknown here", "update Hearth, or check the file");
    return fail(ErrorCode::kUnsupported, found + ", which was withdrawn", "get a newer quantisation of the model");
  }
  std::uint64_t n_elements = 1;
  for (const std::uint64_t dim : tensor.dims)
    if (!checked_mul(n_elements, dim, n_elements) || n_elements > std::numeric_limits<std::int64_t>::max() ||
        dim > std::numeric_limits<std::int64_t>::max())
      return fail(
          cursor_.invalid("the dimensions of tensor " + in_quotes(tensor.name) + " make more than 2^63 elements"));
  if (tensor.dims[0] % tensor.type->block_elements != 0)
    return fail(cursor_.invalid("tensor " + in_quotes(tensor.name) + " has rows of " + std::to_string(tensor.dims[0]) +
                                " elements, no multiple of the " + std::to_string(tensor.type->block_elements) +
                                " of " + std::string(tensor.type->name)));
  tensor.n_elements = n_elements;
  if (!checked_mul(n_elements / tensor.type->block_elements, tensor.type->block_bytes, tensor.size_bytes))
    return fail(cursor_.invalid("tensor " + in_quotes(tensor.name) + " takes more than 2^64 bytes"));
  return {};
}

Status GgufReader::check_layout() {
  if (file_.tensors.empty()) {
    file_.data_offset = cursor_.position();
    return {};
  }
  const std::uint64_t alignment = file_.alignment_bytes;
  file_.data_offset = (cursor_.position() + alignment - 1) / alignment * alignment;
  const GgufTensor* last = nullptr;
  std::uint64_t data_end = 0;
  for (const GgufTensor& tensor : file_.tensors) {
    std::uint64_t end = 0;
    if (!checked_add(tensor.data_offset, tensor.size_bytes, end) || !checked_add(end, file_.data_offset, end))
      return fail(cursor_.invalid("tensor " + in_quotes(tensor.name) + " ends behind the 2^64th byte"));
    if (last == nullptr || end > data_end) {
      last = &tensor;
      data_end = end;
    }
  }
  if (data_end > file_.size_bytes) {
    const std::string missing = std::to_string(data_end - file_.size_bytes);
    return fail(Error(ErrorCode::kInvalidData,
                      "'" + file_.name + "' is truncated: its tensor " + in_quotes(last->name) + " ends at byte " +
                          std::to_string(data_end) + " but the file at byte " + std::to_string(file_.size_bytes) +
                          ", " + missing + " bytes are missing",
                      "fetch the model again, or resume the download")
                    .with("path", file_.name)
                    .with("missing_bytes", missing));
  }
  return check_overlap();
}

Status GgufReader::check_overlap() {
  std::vector<const GgufTensor*> by_offset;
  by_offset.reserve(file_.tensors.size());
  for (const GgufTensor& tensor : file_.tensors)
    if (tensor.size_bytes > 0) by_offset.push_back(&tensor);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const GgufTensor* a, const GgufTensor* b) { return a->data_offset < b->data_offset; });
  for (std::size_t i = 1; i < by_offset.size(); ++i)
    if (by_offset[i - 1]->data_offset + by_offset[i - 1]->size_bytes > by_offset[i]->data_offset)
      return fail(cursor_.invalid("tensors " + in_quotes(by_offset[i - 1]->name) + " and " +
                                  in_quotes(by_offset[i]->name) + " overlap"));
  return {};
}

}  // namespace

Result<GgufFile> read_gguf(ByteSource& source, const GgufReadLimits& limits) {
  return GgufReader(source, limits).read();
}

Result<GgufFile> read_gguf(const std::filesystem::path& path, const GgufReadLimits& limits) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  FileSource source(std::move(file));
  return read_gguf(source, limits);
}

}  // namespace hearth
