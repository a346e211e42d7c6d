#include "vision/float_tensors.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace hearth {
namespace {

// Source: IEEE 754 binary16.
float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const std::uint32_t exponent = half >> 10U & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {
    const float small = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -small : small;
  }
  const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23U | fraction << 13U);
}

template <class T>
void convert(const void* from, std::size_t n, const Quantization& quantization, float* to) {
  const auto* values = static_cast<const T*>(from);
  if (quantization.scale == 0) {
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<float>(values[i]);
    return;
  }
  const float scale = quantization.scale;
  const float bias = -static_cast<float>(quantization.zero_point) * scale;
  for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<float>(values[i]) * scale + bias;
}

bool convert_any(DataType type, const void* from, std::size_t n, const Quantization& quantization, float* to) {
  switch (type) {
    case DataType::kU8: convert<std::uint8_t>(from, n, quantization, to); return true;
    case DataType::kI8: convert<std::int8_t>(from, n, quantization, to); return true;
    case DataType::kI16: convert<std::int16_t>(from, n, quantization, to); return true;
    case DataType::kI32: convert<std::int32_t>(from, n, quantization, to); return true;
    case DataType::kI64: convert<std::int64_t>(from, n, quantization, to); return true;
    case DataType::kF64: convert<double>(from, n, quantization, to); return true;
    case DataType::kF16:
      for (std::size_t i = 0; i < n; ++i) to[i] = half_to_float(static_cast<const std::uint16_t*>(from)[i]);
      return true;
    case DataType::kBf16:
      for (std::size_t i = 0; i < n; ++i)
        to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(from)[i]) << 16U);
      return true;
    default: return false;
  }
}

}  // namespace

Result<FloatTensor> floats_of(const TensorView& tensor, const VisionPort& port, std::size_t item, bool is_batched,
                              std::vector<float>& memory) {
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("the model's output '{}' of shape {} {}", port.spec.name, tensor.shape.text(), what));
  };
  auto bytes = tensor.span<const std::byte>();
  if (!bytes)
    return std::move(bytes).error().code == ErrorCode::kInvalidArgument ? bad("is not dense in host memory")
                                                                        : bad("can't be read");
  if (bytes->empty() || tensor.data == nullptr) return bad("has no elements");
  std::size_t n_items = 1;
  FloatTensor out;
  if (is_batched) {
    if (tensor.shape.rank() == 0) return bad("has no batch dimension");
    n_items = static_cast<std::size_t>(tensor.shape[0]);
    auto rest = Shape::from(tensor.shape.dims().subspan(1));
    if (!rest) return fail(std::move(rest).error());
    out.shape = *rest;
  } else {
    out.shape = tensor.shape;
  }
  if (item >= n_items) return bad(fmt::format("has no item {}", item));
  const std::size_t item_bytes = bytes->size() / n_items;
  const std::byte* from = bytes->data() + item * item_bytes;
  if (tensor.type == DataType::kF32) {
    out.data = reinterpret_cast<const float*>(from);
    return out;
  }
  const std::size_t n = out.size();
  if (memory.size() < n) memory.resize(n);
  if (!convert_any(tensor.type, from, n, port.quantization, memory.data()))
    return bad(fmt::format("holds {}, which no head gives", data_type_name(tensor.type)));
  out.data = memory.data();
  return out;
}

}  // namespace hearth
