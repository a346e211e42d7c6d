// Values of the C border as C++ values: text, and structs that an older or newer peer may have compiled.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "hearth/abi/hearth_plugin.h"
#include "hearth/sdk/error.h"

namespace hearth::sdk {

// Borrowed, valid as long as the border text.
inline std::string_view view(hearth_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
// Borrowed, valid as long as `text`.
inline hearth_str borrow(std::string_view text) { return {text.data(), text.size()}; }

// The struct `from` as this plugin knows it: fields that its maker had not compiled in keep the value in `defaults`.
// A null `from` gives `defaults`.
template <class T>
T read_struct(const T* from, const T& defaults) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value = defaults;
  if (from != nullptr) std::memcpy(&value, from, std::min<std::size_t>(from->struct_size, sizeof(T)));
  value.struct_size = sizeof(T);
  return value;
}

// Fills the fields of `to` that its maker compiled in. INVALID_ARGUMENT when it doesn't say which (struct_size 0).
template <class T>
void write_struct(const T& value, T* to) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (to == nullptr || to->struct_size < sizeof(to->struct_size)) {
    throw Error(HEARTH_INVALID_ARGUMENT, "the result struct is missing or does not tell its struct_size");
  }
  const auto size = to->struct_size;
  std::memcpy(to, &value, std::min<std::size_t>(size, sizeof(T)));
  to->struct_size = size;
}

template <class T>
T& required(T* pointer, const char* what) {
  if (pointer == nullptr) throw Error(HEARTH_INVALID_ARGUMENT, std::string(what) + " is null; pass one");
  return *pointer;
}

}  // namespace hearth::sdk
