// What the values of a tensor tell about the model that computed them.
#include <cmath>
#include <cstring>

#include "plugin_host/tensor_model.h"

namespace hearth {
namespace {

template <class Element, class IsBad>
std::vector<std::uint64_t> find_bad(std::span<const std::byte> bytes, std::size_t n_max, IsBad&& is_bad) {
  std::vector<std::uint64_t> found;
  for (std::size_t i = 0; i < bytes.size() / sizeof(Element) && found.size() < n_max; ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    if (is_bad(element)) found.push_back(i);
  }
  return found;
}

// All exponent bits set: infinity or NaN. Source: IEEE 754-2019, 3.4; bfloat16 has float's exponent.
bool is_bad_f16(std::uint16_t bits) { return (bits & 0x7C00U) == 0x7C00U; }
bool is_bad_bf16(std::uint16_t bits) { return (bits & 0x7F80U) == 0x7F80U; }

}  // namespace

Result<std::vector<std::uint64_t>> non_finite_elements(const TensorView& view, std::size_t n_max) {
  HEARTH_ASSIGN(bytes, view.span<const std::byte>());
  switch (view.type) {
    case DataType::kF32: return find_bad<float>(bytes, n_max, [](float x) { return !std::isfinite(x); });
    case DataType::kF64: return find_bad<double>(bytes, n_max, [](double x) { return !std::isfinite(x); });
    case DataType::kF16: return find_bad<std::uint16_t>(bytes, n_max, is_bad_f16);
    case DataType::kBf16: return find_bad<std::uint16_t>(bytes, n_max, is_bad_bf16);
    default: return std::vector<std::uint64_t>();
  }
}

}  // namespace hearth
