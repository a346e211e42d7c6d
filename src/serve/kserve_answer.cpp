#include "serve/kserve_answer.h"

#include <fmt/format.h>

#include <cmath>

#include "serve/json_writer.h"

namespace hearth::serve {
namespace {

// Source: tests of the extension's clients: tritonclient reads any order of members.
constexpr const char* kHeaderLength = "inference-header-content-length";

template <class T>
Status append_numbers(std::string& out, const TensorView& view, std::size_t first, std::size_t n) {
  HEARTH_ASSIGN(values, view.span<const T>());
  for (std::size_t i = first; i < first + n; ++i) {
    if (i > first) out += ',';
    if constexpr (std::is_same_v<T, bool>)
      out += values[i] ? "true" : "false";
    else if constexpr (std::is_floating_point_v<T>)
      out += std::isfinite(values[i]) ? fmt::format("{}", values[i]) : std::string("null");
    else
      append_json_number(out, values[i]);
  }
  return {};
}

Status append_json_data(std::string& out, const TensorView& view, std::size_t first, std::size_t n) {
  switch (view.type) {
    case DataType::kF32: return append_numbers<float>(out, view, first, n);
    case DataType::kF64: return append_numbers<double>(out, view, first, n);
    case DataType::kU8: return append_numbers<std::uint8_t>(out, view, first, n);
    case DataType::kI8: return append_numbers<std::int8_t>(out, view, first, n);
    case DataType::kU16: return append_numbers<std::uint16_t>(out, view, first, n);
    case DataType::kI16: return append_numbers<std::int16_t>(out, view, first, n);
    case DataType::kU32: return append_numbers<std::uint32_t>(out, view, first, n);
    case DataType::kI32: return append_numbers<std::int32_t>(out, view, first, n);
    case DataType::kU64: return append_numbers<std::uint64_t>(out, view, first, n);
    case DataType::kI64: return append_numbers<std::int64_t>(out, view, first, n);
    case DataType::kBool: return append_numbers<bool>(out, view, first, n);
    default: break;
  }
  return fail(Error(ErrorCode::kUnsupported,
                    fmt::format("an output of {} can't be told in JSON", data_type_name(view.type)),
                    "ask for binary data")
                  .with("http_status", "400"));
}

// The part of a tensor that belongs to one request.
struct Part {
  TensorView view;
  Shape shape;
  std::size_t first = 0;  // element
  std::size_t n = 0;      // elements
};

Part part_of(const TensorView& view, std::optional<std::size_t> item) {
  Part part{view, view.shape, 0, static_cast<std::size_t>(view.n_elements())};
  if (!item || view.shape.rank() == 0 || view.shape[0] <= 1) return part;
  part.n /= static_cast<std::size_t>(view.shape[0]);
  part.first = *item * part.n;
  part.shape[0] = 1;
  return part;
}

void append_shape(std::string& out, const Shape& shape) {
  out += R"(,"shape":[)";
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (i > 0) out += ',';
    append_json_number(out, shape[i]);
  }
  out += ']';
}

}  // namespace

Result<HttpResponse> kserve_response(const TensorModelFacts& facts, const KserveRequest& request,
                                     std::span<const TensorView> outputs, std::optional<std::size_t> item,
                                     CopyCounter& copies) {
  std::string json = R"({"model_name":)";
  append_json_string(json, facts.name);
  json += R"(,"model_version":"1")";
  if (!request.id.empty()) {
    json += R"(,"id":)";
    append_json_string(json, request.id);
  }
  json += R"(,"outputs":[)";
  std::string binary;
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    const KserveOutput& wanted = request.outputs[i];
    const Part part = part_of(outputs[wanted.index], item);
    const std::uint64_t bytes = tensor_bytes(part.view.type, part.shape).value_or(0);
    json += i == 0 ? R"({"name":)" : R"(,{"name":)";
    append_json_string(json, facts.ports.outputs[wanted.index].name);
    json += fmt::format(R"(,"datatype":"{}")", data_type_info(part.view.type).kserve_name);
    append_shape(json, part.shape);
    if (wanted.binary) {
      HEARTH_ASSIGN(data, part.view.span<const std::byte>());
      const std::size_t offset = static_cast<std::size_t>(bytes) * (item && part.first > 0 ? part.first / part.n : 0);
      binary.append(reinterpret_cast<const char*>(data.data()) + offset, static_cast<std::size_t>(bytes));
      json += fmt::format(R"(,"parameters":{{"binary_data_size":{}}}}})", bytes);
    } else {
      json += R"(,"data":[)";
      HEARTH_TRY(append_json_data(json, part.view, part.first, part.n));
      json += "]}";
    }
    copies.count(part.view.device.text(), "response", "response body", bytes);
  }
  json += "]}";
  HttpResponse response;
  if (!binary.empty()) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back(kHeaderLength, std::to_string(json.size()));
  }
  response.body = std::move(json) + binary;
  return response;
}

}  // namespace hearth::serve
