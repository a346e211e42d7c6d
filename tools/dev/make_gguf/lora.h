// Writes a LoRA adapter with random weights for an existing GGUF model.
#pragma once

#include <cstdint>
#include <filesystem>

#include "hearth/result.h"
#include "make_gguf.h"

namespace hearth::make_gguf {

struct LoraOptions {
  std::filesystem::path base;  // the model it is for
  std::uint32_t rank = 8;
  float alpha = 16;         // the adapter's own scale is alpha / rank
  float deviation = 0.05F;  // of both factors' values; 0.05 changes answers without breaking them
  std::uint64_t seed = 1;
  std::filesystem::path out;
};

// For the query, value and feed-forward output projections of every layer, in F32.
// kInvalidData: `base` is no GGUF or has no such tensors. kInvalidArgument: rank 0.
Result<MakeReport> make_lora(const LoraOptions& options);

}  // namespace hearth::make_gguf
