#include "audio/npy.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kDimensionsMax = 8;
static_assert(std::endian::native == std::endian::little, "values are read as they lie in the file");

Unexpected broken(std::string_view why) {
  return fail(ErrorCode::kInvalidData, fmt::format("this is no array that can be read: {}", why),
              "write it with numpy.save(FILE, array.astype('<f4'))");
}

// The header is a Python dictionary with these three keys. Only what NumPy itself writes is understood.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
  const auto at = header.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) return std::nullopt;
  auto value = header.substr(at + key.size() + 3);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

// "(1, 80, 947)", "(3,)", "()".
std::optional<std::vector<std::uint64_t>> read_shape(std::string_view text) {
  if (!text.starts_with('(')) return std::nullopt;
  text.remove_prefix(1);
  std::vector<std::uint64_t> shape;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.starts_with(')')) return shape;
    std::uint64_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (failed != std::errc() || shape.size() == kDimensionsMax) return std::nullopt;
    shape.push_back(n);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

// The header's text; `rest` is what follows it.
Result<std::string_view> read_header(std::span<const std::byte> file, std::span<const std::byte>& rest) {
  constexpr std::size_t kVersionEnd = kMagic.size() + 2;
  if (file.size() < kVersionEnd + 4 || std::memcmp(file.data(), kMagic.data(), kMagic.size()) != 0)
    return broken("it doesn't open with NumPy's six bytes");
  const auto major = std::to_integer<unsigned>(file[kMagic.size()]);
  if (major < 1 || major > 3) return broken(fmt::format("its version is {}, not 1 to 3", major));
  const std::size_t size_bytes = major == 1 ? 2 : 4;
  std::uint32_t size = 0;
  std::memcpy(&size, file.data() + kVersionEnd, size_bytes);
  rest = file.subspan(kVersionEnd + size_bytes);
  if (size > rest.size()) return broken("it ends inside its header");
  const std::string_view header(reinterpret_cast<const char*>(rest.data()), size);
  rest = rest.subspan(size);
  return header;
}

template <class Value>
void copy_values(std::span<const std::byte> from, std::vector<float>& to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    Value value;
    std::memcpy(&value, from.data() + i * sizeof(Value), sizeof(Value));
    to[i] = static_cast<float>(value);
  }
}

}  // namespace

Result<NpyArray> read_npy(std::span<const std::byte> file, std::size_t values_max) {
  std::span<const std::byte> rest;
  HEARTH_ASSIGN(header, read_header(file, rest));
  const auto type = value_of(header, "descr");
  const auto order = value_of(header, "fortran_order");
  const auto shape_text = value_of(header, "shape");
  if (!type || !order || !shape_text) return broken("its header lacks descr, fortran_order or shape");
  const bool is_double = type->starts_with("'<f8'");
  if (!is_double && !type->starts_with("'<f4'"))
    return fail(ErrorCode::kUnsupported, "the array's elements are neither float32 nor float64",
                "write it with numpy.save(FILE, array.astype('<f4'))");
  if (!order->starts_with("False"))
    return fail(ErrorCode::kUnsupported, "the array lies column after column", "save numpy.ascontiguousarray(array)");
  auto shape = read_shape(*shape_text);
  if (!shape) return broken("its shape can't be read");
  std::size_t n = 1;
  for (const auto dimension : *shape) {
    if (dimension != 0 && n > values_max / dimension)
      return fail(ErrorCode::kDoesNotFit, fmt::format("the array has more than {} values", values_max));
    n *= static_cast<std::size_t>(dimension);
  }
  const std::size_t value_bytes = is_double ? sizeof(double) : sizeof(float);
  if (rest.size() != n * value_bytes)
    return broken(fmt::format("its shape asks for {} bytes, {} follow the header", n * value_bytes, rest.size()));
  NpyArray array{std::move(*shape), std::vector<float>(n)};
  if (is_double)
    copy_values<double>(rest, array.values);
  else
    copy_values<float>(rest, array.values);
  return array;
}

}  // namespace hearth
