#include "formats/safetensors.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/units.h"
#include "formats/byte_cursor.h"

namespace hearth {
namespace {

constexpr std::uint64_t kHeaderBytesMax = 100'000'000;  // Source: safetensors tensor.rs, MAX_HEADER_SIZE
constexpr std::size_t kDimsMax = 64;                    // far above any model; bounds a list in the header

struct TypeBits {
  std::string_view name;
  std::uint64_t bits;
};
// Source: safetensors tensor.rs, enum Dtype.
constexpr std::array kTypes = {
    TypeBits{"BOOL", 8},    TypeBits{"U8", 8},   TypeBits{"I8", 8},      TypeBits{"F8_E5M2", 8}, TypeBits{"F8_E4M3", 8},
    TypeBits{"F8_E8M0", 8}, TypeBits{"F4", 4},   TypeBits{"F6_E2M3", 6}, TypeBits{"F6_E3M2", 6}, TypeBits{"I16", 16},
    TypeBits{"U16", 16},    TypeBits{"F16", 16}, TypeBits{"BF16", 16},   TypeBits{"I32", 32},    TypeBits{"U32", 32},
    TypeBits{"F32", 32},    TypeBits{"I64", 64}, TypeBits{"U64", 64},    TypeBits{"F64", 64},    TypeBits{"C64", 64}};

const TypeBits* find_type(std::string_view name) {
  const auto* const row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeBits& t) { return t.name == name; });
  return row == kTypes.end() ? nullptr : row;
}

// One tensor while its entry is read.
struct Entry {
  std::string name;
  std::string type;
  std::vector<std::uint64_t> dims;
  std::vector<std::uint64_t> offsets;
  bool has_dims = false;
};

// Takes the header event by event, so that no tree is built from a hostile text. Any deviation stops the parse with
// `found` set.
class HeaderHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  std::string found;

  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == 1) return true;
    if (depth_ == 2 && !in_array_) {
      if (!in_metadata()) entries.push_back({.name = top_key_, .type = "", .dims = {}, .offsets = {}});
      return true;
    }
    return stop("an object where none may be");
  }
  bool end_object() override {
    if (depth_ == 2 && !in_metadata() && !check_entry(entries.back())) return false;
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    key_ = name;
    if (depth_ == 2) return true;
    top_key_ = name;
    return names_.insert(name).second || stop("the tensor '" + name + "' twice");
  }
  bool string(std::string& text) override {
    if (depth_ != 2 || in_array_) return stop("a text where none may be");
    if (in_metadata()) {
      metadata[key_] = text;
    } else if (key_ == "dtype") {
      entries.back().type = text;
    } else {
      return stop("the unknown field '" + key_ + "'");
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_array_ || in_metadata() || (key_ != "shape" && key_ != "data_offsets"))
      return stop("a list where none may be");
    entries.back().has_dims |= key_ == "shape";
    return in_array_ = true;
  }
  bool end_array() override {
    in_array_ = false;
    return true;
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (!in_array_) return stop("a number where none may be");
    auto& list = key_ == "shape" ? entries.back().dims : entries.back().offsets;
    if (list.size() == (key_ == "shape" ? kDimsMax : 2)) return stop("too long a list");
    list.push_back(number);
    return true;
  }
  bool number_integer(number_integer_t) override { return stop("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return stop("a number that is not whole"); }
  bool null() override { return stop("null"); }
  bool boolean(bool) override { return stop("true or false"); }
  bool binary(binary_t&) override { return stop("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return stop("no JSON at character " + std::to_string(position));
  }

 private:
  [[nodiscard]] bool in_metadata() const { return top_key_ == "__metadata__"; }
  bool stop(std::string what) {
    if (found.empty()) found = "its header holds " + std::move(what);
    return false;
  }
  bool check_entry(const Entry& entry) {
    if (find_type(entry.type) == nullptr)
      return stop("the tensor '" + entry.name + "' of unknown type '" + entry.type + "'");
    if (!entry.has_dims || entry.offsets.size() != 2)
      return stop("the tensor '" + entry.name + "' without shape or offsets");
    return true;
  }

  int depth_ = 0;
  bool in_array_ = false;
  std::string key_;
  std::string top_key_;
  std::set<std::string> names_;
};

Result<WeightTensor> to_tensor(const ByteCursor& cursor, const Entry& entry, std::uint64_t data_begin) {
  std::uint64_t bits = find_type(entry.type)->bits;
  for (const std::uint64_t dim : entry.dims)
    if (!checked_mul(bits, dim, bits))
      return fail(cursor.invalid("tensor '" + entry.name + "' has more than 2^64 bits"));
  WeightTensor tensor{entry.name, entry.type, entry.dims, 0, "", 0};
  std::transform(tensor.type.begin(), tensor.type.end(), tensor.type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (entry.offsets[1] < entry.offsets[0] || bits % 8 != 0 || entry.offsets[1] - entry.offsets[0] != bits / 8)
    return fail(cursor.invalid("tensor '" + entry.name + "' does not take the bytes its shape and type need"));
  tensor.size_bytes = bits / 8;
  if (!checked_add(data_begin, entry.offsets[0], tensor.offset))
    return fail(cursor.invalid("tensor '" + entry.name + "' begins behind the 2^64th byte"));
  return tensor;
}

// The format allows neither holes nor overlaps, and the last tensor ends with the file.
Status check_layout(const ByteCursor& cursor, const WeightTable& table, std::uint64_t data_begin,
                    std::uint64_t file_bytes) {
  std::vector<const WeightTensor*> by_offset;
  for (const WeightTensor& tensor : table.tensors) by_offset.push_back(&tensor);
  std::sort(by_offset.begin(), by_offset.end(), [](const WeightTensor* a, const WeightTensor* b) {
    return std::pair(a->offset, a->size_bytes) < std::pair(b->offset, b->size_bytes);
  });
  std::uint64_t end = data_begin;
  for (const WeightTensor* tensor : by_offset) {
    if (tensor->offset != end) return fail(cursor.invalid("tensor '" + tensor->name + "' overlaps or leaves a hole"));
    if (!checked_add(end, tensor->size_bytes, end))
      return fail(cursor.invalid("its tensors end behind the 2^64th byte"));
  }
  if (end > file_bytes)
    return fail(Error(ErrorCode::kInvalidData,
                      "'" + table.name + "' is truncated: " + std::to_string(end - file_bytes) + " of " +
                          std::to_string(end) + " bytes are missing",
                      "fetch it again, or resume the download"));
  if (end < file_bytes) return fail(cursor.invalid(std::to_string(file_bytes - end) + " bytes follow its last tensor"));
  return {};
}

}  // namespace

Result<WeightTable> read_safetensors(ByteSource& source) {
  ByteCursor cursor(source, "safetensors file");
  HEARTH_ASSIGN(header_bytes, cursor.read<std::uint64_t>());
  HEARTH_ASSIGN(text, cursor.read_text(header_bytes, kHeaderBytesMax));
  HeaderHandler handler;
  if (text.empty() || text.front() != '{' || !nlohmann::json::sax_parse(text, &handler))
    return fail(cursor.invalid(handler.found.empty() ? "its header is no JSON object" : handler.found));
  WeightTable table{source.name(), "safetensors", {}, std::move(handler.metadata)};
  const std::uint64_t data_begin = cursor.position();
  for (const Entry& entry : handler.entries) {
    HEARTH_ASSIGN(tensor, to_tensor(cursor, entry, data_begin));
    table.tensors.push_back(std::move(tensor));
  }
  HEARTH_TRY(check_layout(cursor, table, data_begin, source.size_bytes()));
  return table;
}

Result<WeightTable> read_safetensors(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  FileSource source(std::move(file));
  return read_safetensors(source);
}

}  // namespace hearth
