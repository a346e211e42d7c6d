#include "formats/gguf.h"

#include <algorithm>
#include <limits>

namespace hearth {

std::optional<std::uint64_t> GgufValue::as_uint() const {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

std::optional<double> GgufValue::as_number() const {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<bool> GgufValue::as_bool() const {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return std::nullopt;
}

const std::string* GgufValue::as_text() const { return std::get_if<std::string>(&value); }
const GgufArray* GgufValue::as_array() const { return std::get_if<GgufArray>(&value); }

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto row = metadata.find(key);
  return row == metadata.end() ? nullptr : &row->second;
}

const GgufTensor* GgufFile::find_tensor(std::string_view tensor) const {
  const auto row = std::find_if(tensors.begin(), tensors.end(), [&](const GgufTensor& t) { return t.name == tensor; });
  return row == tensors.end() ? nullptr : &*row;
}

std::string GgufFile::architecture() const { return find_text("general.architecture"); }

std::optional<std::uint64_t> GgufFile::find_uint(std::string_view key) const {
  const GgufValue* value = find(key);
  return value == nullptr ? std::nullopt : value->as_uint();
}

std::optional<double> GgufFile::find_number(std::string_view key) const {
  const GgufValue* value = find(key);
  return value == nullptr ? std::nullopt : value->as_number();
}

std::string GgufFile::find_text(std::string_view key) const {
  const GgufValue* value = find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_text();
  return text == nullptr ? std::string() : *text;
}

// The reader has checked that no tensor leaves the file and none overlap, so neither sum overflows 64 bits by bytes;
// elements of the densest type (Q1_0, 7.1 per byte) stay below 2^63 for any file that exists.
std::uint64_t GgufFile::tensor_bytes() const {
  std::uint64_t sum = 0;
  for (const GgufTensor& tensor : tensors) sum += tensor.size_bytes;
  return sum;
}

std::uint64_t GgufFile::n_parameters() const {
  std::uint64_t sum = 0;
  for (const GgufTensor& tensor : tensors) sum += tensor.n_elements;
  return sum;
}

}  // namespace hearth
