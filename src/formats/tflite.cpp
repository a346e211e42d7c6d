#include "formats/tflite.h"

#include <array>
#include <limits>
#include <string_view>

#include "formats/byte_cursor.h"

namespace hearth {
namespace {

constexpr std::uint32_t kIdentifier = 0x334C4654;  // "TFL3"
// Offsets may make many entries share one table, so the work is bounded by what is visited and not by the file's size.
constexpr std::uint64_t kTensorsMax = 1 << 20;
constexpr std::uint64_t kTextBytesMax = 64 * 1024;
constexpr std::uint64_t kDimsMax = 64;
constexpr std::uint64_t kPortsMax = 1024;  // inputs or outputs; more are read as if they were not quantised

// Field numbers. Source: schema.fbs.
constexpr unsigned kModelSubgraphs = 2, kModelDescription = 3, kModelBuffers = 4;
constexpr unsigned kSubgraphTensors = 0, kSubgraphInputs = 1, kSubgraphOutputs = 2;
constexpr unsigned kTensorShape = 0, kTensorType = 1, kTensorBuffer = 2, kTensorName = 3, kTensorQuantization = 4;
constexpr unsigned kQuantizationScale = 2, kQuantizationZeroPoint = 3;
constexpr unsigned kBufferData = 0, kBufferOffset = 1, kBufferSize = 2;

// Source: schema.fbs, enum TensorType.
constexpr std::array<std::string_view, 20> kTypes = {
    "f32", "f16",        "int32",  "uint8",    "int64",   "text",   "bool",   "int16", "complex64", "int8",
    "f64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4",  "bf16",      "int2"};

// A list in the file: where its first element lies and how many there are.
struct FlatList {
  std::uint64_t begin = 0;
  std::uint64_t count = 0;
};

// Reads tables, lists and texts by position. A missing field is position 0 or the value 0.
class FlatReader {
 public:
  explicit FlatReader(ByteSource& source) : cursor_(source, "TFLite model", 4096), size_bytes_(source.size_bytes()) {}

  template <class T>
  Result<T> at(std::uint64_t position) {
    HEARTH_TRY(cursor_.seek(position));
    return cursor_.read<T>();
  }
  // Where a reference at `position` points.
  Result<std::uint64_t> follow(std::uint64_t position) {
    HEARTH_ASSIGN(distance, at<std::uint32_t>(position));
    if (distance == 0 || distance >= size_bytes_ - position)
      return fail(cursor_.invalid("a reference leaves the file"));
    return position + distance;
  }
  // Where field `number` of the table lies; 0 when absent.
  Result<std::uint64_t> field(std::uint64_t table, unsigned number) {
    HEARTH_ASSIGN(back, at<std::int32_t>(table));
    const std::int64_t layout = static_cast<std::int64_t>(table) - back;
    if (layout < 0 || static_cast<std::uint64_t>(layout) >= size_bytes_)
      return fail(cursor_.invalid("a table has no layout"));
    HEARTH_ASSIGN(layout_bytes, at<std::uint16_t>(static_cast<std::uint64_t>(layout)));
    const unsigned slot = 4 + 2 * number;
    if (slot + 2 > layout_bytes) return std::uint64_t{0};
    HEARTH_ASSIGN(distance, at<std::uint16_t>(static_cast<std::uint64_t>(layout) + slot));
    return distance == 0 ? std::uint64_t{0} : table + distance;
  }
  template <class T>
  Result<T> number(std::uint64_t table, unsigned field_number) {
    HEARTH_ASSIGN(position, field(table, field_number));
    if (position == 0) return T{};
    return at<T>(position);
  }
  Result<FlatList> list(std::uint64_t table, unsigned field_number, std::uint64_t element_bytes) {
    HEARTH_ASSIGN(position, field(table, field_number));
    if (position == 0) return FlatList{};
    HEARTH_ASSIGN(begin, follow(position));
    HEARTH_ASSIGN(count, at<std::uint32_t>(begin));
    if (count > cursor_.remaining() / element_bytes)
      return fail(cursor_.invalid("a list of " + std::to_string(count) + " entries leaves the file",
                                  "the file is truncated: fetch it again"));
    return FlatList{begin + 4, count};
  }
  Result<std::string> text(std::uint64_t table, unsigned field_number) {
    HEARTH_ASSIGN(bytes, list(table, field_number, 1));
    if (bytes.count == 0) return std::string();
    HEARTH_TRY(cursor_.seek(bytes.begin));
    return cursor_.read_text(bytes.count, kTextBytesMax);
  }
  // The table that element `i` of a list of tables refers to.
  Result<std::uint64_t> element(const FlatList& list, std::uint64_t i) { return follow(list.begin + 4 * i); }
  [[nodiscard]] const ByteCursor& cursor() const { return cursor_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  ByteCursor cursor_;
  std::uint64_t size_bytes_;
};

// Where a buffer's data lies: inside the flatbuffer, or behind it for models over 2 GiB.
Result<FlatList> buffer_data(FlatReader& reader, std::uint64_t buffer) {
  HEARTH_ASSIGN(data, reader.list(buffer, kBufferData, 1));
  if (data.count > 0) return data;
  HEARTH_ASSIGN(offset, reader.number<std::uint64_t>(buffer, kBufferOffset));
  HEARTH_ASSIGN(size, reader.number<std::uint64_t>(buffer, kBufferSize));
  if (offset <= 1) return FlatList{};  // 1 is what the converter leaves before it knows the place
  if (offset > reader.size_bytes() || size > reader.size_bytes() - offset)
    return fail(reader.cursor().invalid("a buffer leaves the file", "the file is truncated: fetch it again"));
  return FlatList{offset, size};
}

Status describe_tensor(FlatReader& reader, std::uint64_t table, WeightTensor& tensor) {
  HEARTH_ASSIGN(name, reader.text(table, kTensorName));
  tensor.name = std::move(name);
  HEARTH_ASSIGN(type, reader.number<std::uint8_t>(table, kTensorType));
  tensor.type = type < kTypes.size() ? std::string(kTypes[type]) : "type " + std::to_string(type);
  HEARTH_ASSIGN(shape, reader.list(table, kTensorShape, 4));
  if (shape.count > kDimsMax) return fail(reader.cursor().invalid("a tensor has more than 64 dimensions"));
  for (std::uint64_t i = 0; i < shape.count; ++i) {
    HEARTH_ASSIGN(dim, reader.at<std::int32_t>(shape.begin + 4 * i));
    if (dim < 0) return fail(reader.cursor().invalid("tensor '" + tensor.name + "' has a negative dimension"));
    tensor.dims.push_back(static_cast<std::uint64_t>(dim));
  }
  return {};
}

// Gives each buffer the name and shape of the first tensor that uses it.
Status name_buffers(FlatReader& reader, const FlatList& subgraphs, std::vector<WeightTensor>& buffers) {
  std::vector<bool> named(buffers.size(), false);
  std::uint64_t visited = 0;
  for (std::uint64_t i = 0; i < subgraphs.count; ++i) {
    if (++visited > kTensorsMax)
      return fail(reader.cursor().invalid("it has more than a million subgraphs and tensors"));
    HEARTH_ASSIGN(subgraph, reader.element(subgraphs, i));
    HEARTH_ASSIGN(tensors, reader.list(subgraph, kSubgraphTensors, 4));
    for (std::uint64_t k = 0; k < tensors.count; ++k) {
      if (++visited > kTensorsMax)
        return fail(reader.cursor().invalid("it has more than a million subgraphs and tensors"));
      HEARTH_ASSIGN(tensor, reader.element(tensors, k));
      HEARTH_ASSIGN(buffer, reader.number<std::uint32_t>(tensor, kTensorBuffer));
      if (buffer >= buffers.size()) return fail(reader.cursor().invalid("a tensor uses a buffer that does not exist"));
      if (named[buffer] || buffers[buffer].size_bytes == 0) continue;
      HEARTH_TRY(describe_tensor(reader, tensor, buffers[buffer]));
      named[buffer] = true;
    }
  }
  return {};
}

Result<std::vector<WeightTensor>> list_buffers(FlatReader& reader, const FlatList& buffers) {
  if (buffers.count > kTensorsMax) return fail(reader.cursor().invalid("it has more than a million buffers"));
  std::vector<WeightTensor> found(static_cast<std::size_t>(buffers.count));
  std::uint64_t total_bytes = 0;
  for (std::uint64_t i = 0; i < buffers.count; ++i) {
    HEARTH_ASSIGN(buffer, reader.element(buffers, i));
    HEARTH_ASSIGN(data, buffer_data(reader, buffer));
    found[i].offset = data.begin;
    found[i].size_bytes = data.count;
    total_bytes += data.count;  // each is at most the file's size and there are at most 2^20: no overflow below 2^44
    if (total_bytes > reader.size_bytes()) return fail(reader.cursor().invalid("its buffers overlap"));
  }
  return found;
}

// The place of the model table, once the file says that it is one.
Result<std::uint64_t> open_model(FlatReader& reader, const ByteSource& source) {
  if (source.size_bytes() == 0)
    return fail(Error(ErrorCode::kInvalidData, "'" + source.name() + "' is empty", "fetch the model again"));
  HEARTH_ASSIGN(identifier, reader.at<std::uint32_t>(4));
  if (identifier != kIdentifier)
    return fail(Error(ErrorCode::kInvalidData,
                      "'" + source.name() + "' is not a TFLite model: 'TFL3' is missing at byte 4",
                      "check that this is a TFLite model"));
  return reader.follow(0);
}

// Adds the scale of tensor `table` where it has exactly one: several are a channel's each, which ports never have.
Status add_quantization(FlatReader& reader, std::uint64_t table, std::vector<TfliteQuantization>& found) {
  HEARTH_ASSIGN(field, reader.field(table, kTensorQuantization));
  if (field == 0) return {};
  HEARTH_ASSIGN(quantization, reader.follow(field));
  HEARTH_ASSIGN(scales, reader.list(quantization, kQuantizationScale, sizeof(float)));
  if (scales.count != 1) return {};
  TfliteQuantization port;
  HEARTH_ASSIGN(name, reader.text(table, kTensorName));
  HEARTH_ASSIGN(scale, reader.at<float>(scales.begin));
  if (!(scale > 0 && scale < std::numeric_limits<float>::infinity())) {
    return fail(reader.cursor().invalid("tensor '" + name + "' has a scale that is no positive number"));
  }
  HEARTH_ASSIGN(zero_points, reader.list(quantization, kQuantizationZeroPoint, sizeof(std::int64_t)));
  if (zero_points.count > 0) {
    HEARTH_ASSIGN(zero_point, reader.at<std::int64_t>(zero_points.begin));
    port.zero_point = zero_point;
  }
  port.name = std::move(name);
  port.scale = scale;
  found.push_back(std::move(port));
  return {};
}

}  // namespace

Result<WeightTable> read_tflite(ByteSource& source) {
  FlatReader reader(source);
  HEARTH_ASSIGN(model, open_model(reader, source));
  WeightTable table{source.name(), "tflite", {}, {}};
  HEARTH_ASSIGN(description, reader.text(model, kModelDescription));
  HEARTH_ASSIGN(buffer_list, reader.list(model, kModelBuffers, 4));
  HEARTH_ASSIGN(subgraphs, reader.list(model, kModelSubgraphs, 4));
  table.metadata["description"] = description;
  table.metadata["subgraphs"] = std::to_string(subgraphs.count);
  HEARTH_ASSIGN(buffers, list_buffers(reader, buffer_list));
  HEARTH_TRY(name_buffers(reader, subgraphs, buffers));
  for (WeightTensor& buffer : buffers)
    if (buffer.size_bytes > 0) table.tensors.push_back(std::move(buffer));
  return table;
}

Result<WeightTable> read_tflite(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  FileSource source(std::move(file));
  return read_tflite(source);
}

Result<std::vector<TfliteQuantization>> read_tflite_quantization(ByteSource& source) {
  FlatReader reader(source);
  HEARTH_ASSIGN(model, open_model(reader, source));
  HEARTH_ASSIGN(subgraphs, reader.list(model, kModelSubgraphs, 4));
  std::vector<TfliteQuantization> found;
  if (subgraphs.count == 0) return found;
  HEARTH_ASSIGN(subgraph, reader.element(subgraphs, 0));
  HEARTH_ASSIGN(tensors, reader.list(subgraph, kSubgraphTensors, 4));
  for (const unsigned ports : {kSubgraphInputs, kSubgraphOutputs}) {
    HEARTH_ASSIGN(list, reader.list(subgraph, ports, 4));
    for (std::uint64_t i = 0; i < list.count && i < kPortsMax; ++i) {
      HEARTH_ASSIGN(index, reader.at<std::int32_t>(list.begin + 4 * i));
      if (index < 0 || static_cast<std::uint64_t>(index) >= tensors.count)
        return fail(reader.cursor().invalid("an input or output is a tensor that does not exist"));
      HEARTH_ASSIGN(tensor, reader.element(tensors, static_cast<std::uint64_t>(index)));
      HEARTH_TRY(add_quantization(reader, tensor, found));
    }
  }
  return found;
}

Result<std::vector<TfliteQuantization>> read_tflite_quantization(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  FileSource source(std::move(file));
  return read_tflite_quantization(source);
}

}  // namespace hearth
