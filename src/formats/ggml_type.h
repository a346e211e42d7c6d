// The tensor types of ggml: how many bytes a row of elements takes in each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hearth {

// One row of the table. `block_elements` consecutive elements of a row are stored in `block_bytes` bytes.
struct GgmlType {
  std::uint32_t id;       // as stored in files
  std::string_view name;  // as llama.cpp and model names spell it: "Q4_K"
  std::uint32_t block_elements;
  std::uint32_t block_bytes;
  bool weights;  // may hold a model's weights; false: integers and types used only while computing

  [[nodiscard]] constexpr double bits_per_element() const { return 8.0 * block_bytes / block_elements; }
};

// Every type a file may contain, in order of id; ids that were withdrawn are absent.
// Source: ggml 0.25.3, ggml.h (ids) and ggml-common.h (block layouts).
[[nodiscard]] std::span<const GgmlType> ggml_types();

// Null for an id that is not in the table.
[[nodiscard]] const GgmlType* find_ggml_type(std::uint32_t id);
// By name, upper or lower case; null when there is none.
[[nodiscard]] const GgmlType* find_ggml_type(std::string_view name);

// The name of an id that was given out once and withdrawn; empty for ids never given out.
[[nodiscard]] std::string_view withdrawn_ggml_type(std::uint32_t id);

}  // namespace hearth
