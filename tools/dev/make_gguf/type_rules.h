// Which type each tensor gets under a quantisation: llama.cpp's own quantiser is asked, nothing is retold here.
#pragma once

#include <llama.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "tensors.h"

namespace hearth::make_gguf {

// A quantisation by the name users know.
struct Quantisation {
  std::string_view name;
  llama_ftype ftype;
  bool needs_importance;  // the quantiser refuses without an importance matrix; a flat one is used
};

[[nodiscard]] std::span<const Quantisation> quantisations();
// Upper or lower case; null when there is none.
[[nodiscard]] const Quantisation* find_quantisation(std::string_view name);

// The type of every tensor of `shape`, by name. The rules look at names, layers, heads, experts and row lengths but
// never at the number of rows, so a model of the same names with two rows per tensor is quantised into a temporary file
// beside `scratch`, and the types are read back. Takes milliseconds to seconds, whatever the size of the shape.
Result<std::map<std::string, ggml_type>> tensor_types(const ModelShape& shape, const Quantisation& quantisation,
                                                      const std::filesystem::path& scratch);

}  // namespace hearth::make_gguf
