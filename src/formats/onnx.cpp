#include "formats/onnx.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/units.h"
#include "formats/byte_cursor.h"

namespace hearth {
namespace {

constexpr int kGraphDepthMax = 16;
constexpr std::uint64_t kTextBytesMax = 1 << 20;  // names, paths; far above any model
constexpr std::size_t kDimsMax = 64;

// Field numbers. Source: onnx.proto.
namespace model_field {
constexpr std::uint32_t kIrVersion = 1, kProducer = 2, kGraph = 7, kOpset = 8;
}
namespace graph_field {
constexpr std::uint32_t kNode = 1, kInitializer = 5, kSparse = 15;
}
namespace node_field {
constexpr std::uint32_t kAttribute = 5;
}
namespace attribute_field {
constexpr std::uint32_t kTensor = 5, kGraph = 6, kTensors = 10, kGraphs = 11;
}
namespace tensor_field {
constexpr std::uint32_t kDims = 1, kType = 2, kFloats = 4, kInt32s = 5, kTexts = 6, kInt64s = 7, kName = 8, kRaw = 9,
                        kDoubles = 10, kUint64s = 11, kExternal = 13, kLocation = 14;
}
namespace sparse_field {
constexpr std::uint32_t kValues = 1, kIndices = 2;
}

struct ElementType {
  const char* name;
  std::uint64_t bits;  // 0: texts, which have no fixed size
};
// By number. Source: onnx.proto, TensorProto.DataType.
constexpr std::array<ElementType, 27> kTypes = {
    {{"undefined", 0},  {"f32", 32},    {"uint8", 8},      {"int8", 8},         {"uint16", 16}, {"int16", 16},
     {"int32", 32},     {"int64", 64},  {"text", 0},       {"bool", 8},         {"f16", 16},    {"f64", 64},
     {"uint32", 32},    {"uint64", 64}, {"complex64", 64}, {"complex128", 128}, {"bf16", 16},   {"f8e4m3fn", 8},
     {"f8e4m3fnuz", 8}, {"f8e5m2", 8},  {"f8e5m2fnuz", 8}, {"uint4", 4},        {"int4", 4},    {"f4e2m1", 4},
     {"f8e8m0", 8},     {"uint2", 2},   {"int2", 2}}};

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

struct Field {
  std::uint32_t number = 0;
  WireType wire = kVarint;
  std::uint64_t value = 0;  // of a varint or fixed field
  std::uint64_t end = 0;    // of a length-delimited field: where its content ends
};

struct TensorParts {
  std::uint64_t type = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t listed_bytes = 0;  // in typed lists and texts, as stored
  bool external = false;
  std::uint64_t external_bytes = 0;
  std::uint64_t external_offset = 0;
};

class OnnxReader {
 public:
  explicit OnnxReader(ByteSource& source) : cursor_(source, "ONNX model", 64 * 1024) {
    table_.name = source.name();
    table_.format = "onnx";
  }

  Result<WeightTable> read() {
    const std::uint64_t end = cursor_.remaining();
    if (end == 0)
      return fail(Error(ErrorCode::kInvalidData, "'" + table_.name + "' is empty", "fetch the model again"));
    bool has_graph = false;
    while (cursor_.position() < end) {
      HEARTH_ASSIGN(field, next(end));
      if (field.number == model_field::kGraph && field.wire == kLength) {
        has_graph = true;
        HEARTH_TRY(read_graph(field.end, 0));
      } else if (field.number == model_field::kIrVersion && field.wire == kVarint) {
        table_.metadata["ir_version"] = std::to_string(field.value);
      } else if (field.number == model_field::kProducer && field.wire == kLength) {
        HEARTH_ASSIGN(producer, text(field));
        table_.metadata["producer_name"] = std::move(producer);
      } else if (field.number == model_field::kOpset && field.wire == kLength) {
        HEARTH_TRY(read_opset(field.end));
      } else {
        HEARTH_TRY(pass(field));
      }
    }
    if (!has_graph) return fail(cursor_.invalid("it holds no graph", "check that this is an ONNX model"));
    return std::move(table_);
  }

 private:
  Result<std::uint64_t> varint(std::uint64_t end);
  Result<Field> next(std::uint64_t end);
  Status pass(const Field& field) { return field.wire == kLength ? cursor_.seek(field.end) : Status(); }
  Result<std::string> text(const Field& field) {
    return cursor_.read_text(field.end - cursor_.position(), kTextBytesMax);
  }
  Status read_opset(std::uint64_t end);
  Status read_graph(std::uint64_t end, int depth);
  Status read_node(std::uint64_t end, int depth);
  Status read_attribute(std::uint64_t end, int depth);
  Status read_sparse(std::uint64_t end);
  Status read_tensor(std::uint64_t end);
  Status read_tensor_field(const Field& field, WeightTensor& tensor, TensorParts& parts);
  Status read_dims(const Field& field, WeightTensor& tensor);
  Status read_external(std::uint64_t end, WeightTensor& tensor, TensorParts& parts);
  Status finish(WeightTensor& tensor, const TensorParts& parts);

  ByteCursor cursor_;
  WeightTable table_;
  std::uint64_t total_bytes_ = 0;
};

Result<std::uint64_t> OnnxReader::varint(std::uint64_t end) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (cursor_.position() >= end) return fail(cursor_.invalid("a number leaves its message"));
    HEARTH_ASSIGN(byte, cursor_.read<std::uint8_t>());
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return fail(cursor_.invalid("a number is longer than 64 bits", "check that this is an ONNX model"));
}

Result<Field> OnnxReader::next(std::uint64_t end) {
  HEARTH_ASSIGN(tag, varint(end));
  Field field{static_cast<std::uint32_t>(tag >> 3), static_cast<WireType>(tag & 7), 0, 0};
  if (field.number == 0 || tag >> 3 > (1U << 29))
    return fail(cursor_.invalid("a field has the impossible number " + std::to_string(tag >> 3),
                                "check that this is an ONNX model"));
  switch (field.wire) {
    case kVarint: {
      HEARTH_ASSIGN(value, varint(end));
      field.value = value;
      return field;
    }
    case kFixed64:
    case kFixed32: {
      const std::uint64_t size = field.wire == kFixed64 ? 8 : 4;
      if (size > end - cursor_.position()) return fail(cursor_.invalid("a number leaves its message"));
      HEARTH_TRY(cursor_.skip(size));
      return field;
    }
    case kLength: {
      HEARTH_ASSIGN(size, varint(end));
      if (size > end - cursor_.position())
        return fail(cursor_.invalid("a field of " + std::to_string(size) + " bytes leaves its message",
                                    "the file is truncated or no ONNX model: fetch it again"));
      field.end = cursor_.position() + size;
      return field;
    }
  }
  return fail(cursor_.invalid("a field has an unknown wire type", "check that this is an ONNX model"));
}

Status OnnxReader::read_opset(std::uint64_t end) {
  std::string domain;
  std::uint64_t version = 0;
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    if (field.number == 1 && field.wire == kLength) {
      HEARTH_ASSIGN(name, text(field));
      domain = std::move(name);
    } else {
      if (field.number == 2) version = field.value;
      HEARTH_TRY(pass(field));
    }
  }
  if (domain.empty() || domain == "ai.onnx") table_.metadata["opset"] = std::to_string(version);
  return {};
}

Status OnnxReader::read_graph(std::uint64_t end, int depth) {
  if (depth > kGraphDepthMax) return fail(cursor_.invalid("its graphs are nested too deep"));
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    if (field.wire == kLength && field.number == graph_field::kNode) {
      HEARTH_TRY(read_node(field.end, depth));
    } else if (field.wire == kLength && field.number == graph_field::kInitializer) {
      HEARTH_TRY(read_tensor(field.end));
    } else if (field.wire == kLength && field.number == graph_field::kSparse) {
      HEARTH_TRY(read_sparse(field.end));
    } else {
      HEARTH_TRY(pass(field));
    }
  }
  return {};
}

Status OnnxReader::read_node(std::uint64_t end, int depth) {
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    if (field.wire == kLength && field.number == node_field::kAttribute) {
      HEARTH_TRY(read_attribute(field.end, depth));
    } else {
      HEARTH_TRY(pass(field));
    }
  }
  return {};
}

Status OnnxReader::read_attribute(std::uint64_t end, int depth) {
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    const bool holds_tensor = field.number == attribute_field::kTensor || field.number == attribute_field::kTensors;
    const bool holds_graph = field.number == attribute_field::kGraph || field.number == attribute_field::kGraphs;
    if (field.wire == kLength && holds_tensor) {
      HEARTH_TRY(read_tensor(field.end));
    } else if (field.wire == kLength && holds_graph) {
      HEARTH_TRY(read_graph(field.end, depth + 1));
    } else {
      HEARTH_TRY(pass(field));
    }
  }
  return {};
}

Status OnnxReader::read_sparse(std::uint64_t end) {
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    const bool holds_tensor = field.number == sparse_field::kValues || field.number == sparse_field::kIndices;
    if (field.wire == kLength && holds_tensor) {
      HEARTH_TRY(read_tensor(field.end));
    } else {
      HEARTH_TRY(pass(field));
    }
  }
  return {};
}

Status OnnxReader::read_tensor(std::uint64_t end) {
  WeightTensor tensor;
  TensorParts parts;
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    HEARTH_TRY(read_tensor_field(field, tensor, parts));
  }
  HEARTH_TRY(finish(tensor, parts));
  if (!checked_add(total_bytes_, tensor.size_bytes, total_bytes_))
    return fail(cursor_.invalid("its tensors take more than 2^64 bytes"));
  table_.tensors.push_back(std::move(tensor));
  return {};
}

Status OnnxReader::read_tensor_field(const Field& field, WeightTensor& tensor, TensorParts& parts) {
  const std::uint64_t content_bytes = field.wire == kLength ? field.end - cursor_.position() : 0;
  switch (field.number) {
    case tensor_field::kDims: return read_dims(field, tensor);
    case tensor_field::kType: parts.type = field.value; break;
    case tensor_field::kLocation: parts.external = field.value == 1; break;
    case tensor_field::kName: {
      if (field.wire != kLength) break;
      HEARTH_ASSIGN(name, text(field));
      tensor.name = std::move(name);
      return {};
    }
    case tensor_field::kExternal:
      if (field.wire == kLength) return read_external(field.end, tensor, parts);
      break;
    case tensor_field::kRaw:
      tensor.offset = cursor_.position();
      parts.raw_bytes = content_bytes;
      break;
    case tensor_field::kFloats:
    case tensor_field::kInt32s:
    case tensor_field::kInt64s:
    case tensor_field::kTexts:
    case tensor_field::kDoubles:
    case tensor_field::kUint64s: parts.listed_bytes += content_bytes; break;
    default: break;
  }
  return pass(field);
}

// One number a field, or many in one field ("packed").
Status OnnxReader::read_dims(const Field& field, WeightTensor& tensor) {
  if (field.wire == kVarint) tensor.dims.push_back(field.value);
  while (field.wire == kLength && cursor_.position() < field.end && tensor.dims.size() <= kDimsMax) {
    HEARTH_ASSIGN(dim, varint(field.end));
    tensor.dims.push_back(dim);
  }
  if (tensor.dims.size() > kDimsMax) return fail(cursor_.invalid("a tensor has more than 64 dimensions"));
  return {};
}

// One key and value of the external data: "location", "offset", "length", "checksum".
Status OnnxReader::read_external(std::uint64_t end, WeightTensor& tensor, TensorParts& parts) {
  std::string key, value;
  while (cursor_.position() < end) {
    HEARTH_ASSIGN(field, next(end));
    if (field.wire == kLength && (field.number == 1 || field.number == 2)) {
      HEARTH_ASSIGN(content, text(field));
      (field.number == 1 ? key : value) = std::move(content);
    } else {
      HEARTH_TRY(pass(field));
    }
  }
  if (key == "location") tensor.external_file = value;
  if (key != "offset" && key != "length") return {};
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size())
    return fail(cursor_.invalid("the " + key + " of external data is no number"));
  (key == "offset" ? parts.external_offset : parts.external_bytes) = number;
  return {};
}

bool stays_inside(const std::string& relative) {
  const std::filesystem::path path(relative);
  if (relative.empty() || relative.find('\0') != std::string::npos || path.has_root_path()) return false;
  for (const auto& part : path)
    if (part == "..") return false;
  return true;
}

Status OnnxReader::finish(WeightTensor& tensor, const TensorParts& parts) {
  if (parts.type >= kTypes.size())
    return fail(
        ErrorCode::kUnsupported,
        "'" + table_.name + "' stores a tensor as ONNX type " + std::to_string(parts.type) + ", which is unknown here",
        "update Hearth, or check the file");
  const ElementType& type = kTypes[parts.type];
  tensor.type = type.name;
  std::uint64_t bits = type.bits;
  for (const std::uint64_t dim : tensor.dims)
    if (dim > std::numeric_limits<std::int64_t>::max() || !checked_mul(bits, dim, bits))
      return fail(cursor_.invalid("the dimensions of tensor '" + tensor.name + "' make more than 2^64 bits"));
  const std::uint64_t needed = bits / 8 + (bits % 8 != 0 ? 1 : 0);
  if (parts.external) {
    if (!stays_inside(tensor.external_file))
      return fail(cursor_.invalid("external data of tensor '" + tensor.name + "' lies outside the model's folder"));
    if (parts.external_bytes != 0 && parts.external_bytes < needed)
      return fail(cursor_.invalid("external data of tensor '" + tensor.name + "' is shorter than its shape"));
    tensor.offset = parts.external_offset;
    tensor.size_bytes = needed;
    return {};
  }
  tensor.external_file.clear();
  if (parts.raw_bytes > 0 && type.bits > 0 && parts.raw_bytes != needed)
    return fail(cursor_.invalid("tensor '" + tensor.name + "' holds " + std::to_string(parts.raw_bytes) +
                                " bytes where its shape needs " + std::to_string(needed)));
  // Typed lists store small numbers in fewer or more bytes than they take in memory; the shape tells the latter.
  const bool listed = parts.raw_bytes == 0 && parts.listed_bytes > 0;
  tensor.size_bytes = listed && type.bits == 0 ? parts.listed_bytes : (listed || parts.raw_bytes > 0 ? needed : 0);
  // The densest list spends one byte on a 64-bit number.
  if (listed && type.bits > 0 && needed / 8 > parts.listed_bytes)
    return fail(cursor_.invalid("tensor '" + tensor.name + "' lists fewer numbers than its shape needs"));
  return {};
}

}  // namespace

Result<WeightTable> read_onnx(ByteSource& source) { return OnnxReader(source).read(); }

Result<WeightTable> read_onnx(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  FileSource source(std::move(file));
  HEARTH_ASSIGN(table, read_onnx(source));
  for (const WeightTensor& tensor : table.tensors) {
    if (tensor.external_file.empty()) continue;
    const auto data = path.parent_path() / tensor.external_file;
    HEARTH_ASSIGN(info, file_info(data));
    std::uint64_t end = 0;
    if (!checked_add(tensor.offset, tensor.size_bytes, end) || end > info.size_bytes)
      return fail(ErrorCode::kInvalidData,
                  "'" + data.string() + "' ends before tensor '" + tensor.name + "' of '" + path.string() + "' does",
                  "the file is truncated: fetch it again");
  }
  return table;
}

}  // namespace hearth
