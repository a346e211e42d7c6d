#include "serve/kserve_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "serve/json_reader.h"

namespace hearth::serve {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are sent as they lie");
constexpr std::size_t kTensorsMax = 256;
// JSON numbers take at least two bytes of a body that is bounded anyway.
constexpr JsonLimits kLimits{.depth = 32, .values = 16'000'000};

Error about(const std::string& name, const std::string& complaint, std::string hint = {}) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("tensor '{}' {}", name, complaint), std::move(hint))
      .with("param", name);
}

template <class T>
Status append_value(const Json& value, const std::string& name, std::string& bytes) {
  T number{};
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return fail(about(name, "has a value that is no boolean: " + shown(value)));
    number = value.get<bool>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number()) return fail(about(name, "has a value that is no number: " + shown(value)));
    number = static_cast<T>(value.get<double>());
  } else {
    const bool whole = value.is_number_integer();
    const bool fits = whole && (value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                                           : std::in_range<T>(value.get<std::int64_t>()));
    if (!fits) return fail(about(name, "has a value that its type can't hold: " + shown(value)));
    number = value.get<T>();
  }
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return {};
}

Status append_typed(DataType type, const Json& value, const std::string& name, std::string& bytes) {
  switch (type) {
    case DataType::kF32: return append_value<float>(value, name, bytes);
    case DataType::kF64: return append_value<double>(value, name, bytes);
    case DataType::kU8: return append_value<std::uint8_t>(value, name, bytes);
    case DataType::kI8: return append_value<std::int8_t>(value, name, bytes);
    case DataType::kU16: return append_value<std::uint16_t>(value, name, bytes);
    case DataType::kI16: return append_value<std::int16_t>(value, name, bytes);
    case DataType::kU32: return append_value<std::uint32_t>(value, name, bytes);
    case DataType::kI32: return append_value<std::int32_t>(value, name, bytes);
    case DataType::kU64: return append_value<std::uint64_t>(value, name, bytes);
    case DataType::kI64: return append_value<std::int64_t>(value, name, bytes);
    case DataType::kBool: return append_value<bool>(value, name, bytes);
    default:
      return fail(
          about(name, fmt::format("is {}, which JSON can't say", data_type_name(type)), "send it as binary data"));
  }
}

// Nested lists or one flat list, row-major. Depth is bounded by the parser.
Status append_data(DataType type, const Json& data, const std::string& name, std::string& bytes) {
  if (!data.is_array()) return append_typed(type, data, name, bytes);
  for (const Json& each : data) HEARTH_TRY(append_data(type, each, name, bytes));
  return {};
}

std::optional<std::uint64_t> whole_parameter(const Json& tensor, const char* name) {
  const auto parameters = tensor.find("parameters");
  if (parameters == tensor.end() || !parameters->is_object()) return std::nullopt;
  const auto value = parameters->find(name);
  if (value == parameters->end() || !value->is_number_integer() || *value < 0) return std::nullopt;
  return value->get<std::uint64_t>();
}

bool flag_parameter(const Json& object, const char* name, bool otherwise) {
  const auto parameters = object.find("parameters");
  if (parameters == object.end() || !parameters->is_object()) return otherwise;
  const auto value = parameters->find(name);
  return value != parameters->end() && value->is_boolean() ? value->get<bool>() : otherwise;
}

std::optional<std::size_t> index_of(const std::vector<TensorSpec>& specs, const std::string& name) {
  const auto at = std::ranges::find(specs, name, &TensorSpec::name);
  if (at == specs.end()) return std::nullopt;
  return static_cast<std::size_t>(at - specs.begin());
}

std::string names_of(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const auto& spec : specs) names += (names.empty() ? "'" : ", '") + spec.name + "'";
  return names;
}

Result<std::string> name_of(const Json& tensor, const char* list) {
  const auto name = tensor.is_object() ? tensor.find("name") : tensor.end();
  if (!tensor.is_object() || name == tensor.end() || !name->is_string())
    return fail(field_error(list, "has an entry without a name"));
  return name->get<std::string>();
}

// Reads inputs, and hands out the body's binary part to them in order.
class InputReader {
 public:
  InputReader(const TensorModelFacts& facts, std::string_view binary) : facts_(facts), binary_(binary) {}

  Result<KserveInput> read(const Json& tensor) {
    HEARTH_ASSIGN(name, name_of(tensor, "inputs"));
    const auto index = index_of(facts_.ports.inputs, name);
    if (!index) return fail(about(name, "is no input of the model", "its inputs are " + names_of(facts_.ports.inputs)));
    const TensorSpec& spec = facts_.ports.inputs[*index];
    HEARTH_TRY(check_type(tensor, spec));
    KserveInput input;
    input.index = *index;
    HEARTH_ASSIGN(shape, shape_of(tensor, spec));
    input.shape = shape;
    HEARTH_TRY(take_data(tensor, spec, input));
    const auto wanted = tensor_bytes(spec.type, input.shape);
    if (!wanted || *wanted != input.view.size())
      return fail(about(name, fmt::format("has {} bytes of data, where its shape {} of {} has {}", input.view.size(),
                                          input.shape.text(), data_type_name(spec.type), wanted.value_or(0))));
    return input;
  }
  [[nodiscard]] Status all_taken() const {
    if (binary_.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} bytes follow the last tensor's data", binary_.size()),
                "binary_data_size of all inputs together is the body's size less the header's");
  }

 private:
  static Status check_type(const Json& tensor, const TensorSpec& spec) {
    const std::string_view own = data_type_info(spec.type).kserve_name;
    const auto given = tensor.find("datatype");
    if (given != tensor.end() && given->is_string() && given->get<std::string>() == own) return {};
    return fail(about(spec.name, fmt::format("is {}, the model's is {}",
                                             given == tensor.end() ? "of no datatype" : shown(*given), own)));
  }

  static Result<Shape> shape_of(const Json& tensor, const TensorSpec& spec) {
    const auto given = tensor.find("shape");
    std::vector<std::int64_t> dims;
    bool whole = given != tensor.end() && given->is_array() && given->size() <= Shape::kRankMax;
    for (std::size_t i = 0; whole && i < given->size(); ++i) {
      whole = (*given)[i].is_number_integer() && (*given)[i] >= 0;
      if (whole) dims.push_back((*given)[i].get<std::int64_t>());
    }
    if (!whole) return fail(about(spec.name, "has no shape of whole numbers"));
    HEARTH_ASSIGN(shape, Shape::from(dims));
    if (!spec.shape.admits(shape))
      return fail(about(spec.name, fmt::format("is of shape {}, the model's is {}", shape.text(), spec.shape.text())));
    if (shape.n_elements().value_or(0) == 0) return fail(about(spec.name, fmt::format("is empty: {}", shape.text())));
    return shape;
  }

  Status take_data(const Json& tensor, const TensorSpec& spec, KserveInput& input) {
    if (const auto size = whole_parameter(tensor, "binary_data_size")) {
      if (*size > binary_.size())
        return fail(about(spec.name, fmt::format("says {} bytes of binary data, {} are left", *size, binary_.size())));
      input.view = binary_.substr(0, static_cast<std::size_t>(*size));
      binary_.remove_prefix(static_cast<std::size_t>(*size));
      return {};
    }
    const auto data = tensor.find("data");
    if (data == tensor.end()) return fail(about(spec.name, "has no data"));
    HEARTH_TRY(append_data(spec.type, *data, spec.name, input.bytes));
    input.view = input.bytes;
    return {};
  }

  const TensorModelFacts& facts_;
  std::string_view binary_;
};

Status read_inputs(const Json& document, const TensorModelFacts& facts, std::string_view binary,
                   KserveRequest& request) {
  const auto list = document.find("inputs");
  if (list == document.end() || !list->is_array() || list->empty() || list->size() > kTensorsMax)
    return fail(
        field_error("inputs", "must be a list of the model's inputs", "they are " + names_of(facts.ports.inputs)));
  InputReader reader(facts, binary);
  for (const Json& tensor : *list) {
    HEARTH_ASSIGN(input, reader.read(tensor));
    const bool twice = std::ranges::find(request.inputs, input.index, &KserveInput::index) != request.inputs.end();
    if (twice) return fail(about(facts.ports.inputs[input.index].name, "comes twice"));
    const bool own = !input.bytes.empty();
    request.inputs.push_back(std::move(input));
    if (own) request.inputs.back().view = request.inputs.back().bytes;
  }
  HEARTH_TRY(reader.all_taken());
  std::ranges::sort(request.inputs, {}, &KserveInput::index);
  for (auto& input : request.inputs)
    if (!input.bytes.empty()) input.view = input.bytes;  // short texts move with their owner
  for (std::size_t i = 0; i < facts.ports.inputs.size(); ++i)
    if (i >= request.inputs.size() || request.inputs[i].index != i)
      return fail(about(facts.ports.inputs[i].name, "is missing among the inputs"));
  return {};
}

Status read_outputs(const Json& document, const TensorModelFacts& facts, KserveRequest& request) {
  const bool all_binary = flag_parameter(document, "binary_data_output", false);
  const auto list = document.find("outputs");
  if (list == document.end() || list->is_null()) {
    for (std::size_t i = 0; i < facts.ports.outputs.size(); ++i) request.outputs.push_back({i, all_binary});
    return {};
  }
  if (!list->is_array() || list->size() > kTensorsMax) return fail(field_error("outputs", "must be a list"));
  for (const Json& tensor : *list) {
    HEARTH_ASSIGN(name, name_of(tensor, "outputs"));
    const auto index = index_of(facts.ports.outputs, name);
    if (!index)
      return fail(about(name, "is no output of the model", "its outputs are " + names_of(facts.ports.outputs)));
    if (whole_parameter(tensor, "classification"))
      return fail(Error(ErrorCode::kUnsupported, "the classification extension is not offered",
                        "POST /v1/vision/classify names the likeliest classes")
                      .with("param", name)
                      .with("http_status", "400"));
    request.outputs.push_back({*index, flag_parameter(tensor, "binary_data", all_binary)});
  }
  return {};
}

}  // namespace

Result<KserveRequest> read_kserve_request(const HttpRequest& http, const TensorModelFacts& facts) {
  std::string_view json(http.body);
  std::string_view binary;
  if (const std::string_view text = http.header("inference-header-content-length"); !text.empty()) {
    std::size_t size = 0;
    const auto done = std::from_chars(text.data(), text.data() + text.size(), size);
    if (done.ec != std::errc{} || done.ptr != text.data() + text.size() || size > json.size())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("Inference-Header-Content-Length is '{}', the body has {} bytes", text, json.size()));
    binary = json.substr(size);
    json = json.substr(0, size);
  }
  HEARTH_ASSIGN(document, parse_json_object(json, kLimits));
  KserveRequest request;
  if (const auto id = document.find("id"); id != document.end() && id->is_string()) request.id = id->get<std::string>();
  HEARTH_TRY(read_inputs(document, facts, binary, request));
  HEARTH_TRY(read_outputs(document, facts, request));
  return request;
}

}  // namespace hearth::serve
