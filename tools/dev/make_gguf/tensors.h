// Which tensors a model of a shape consists of, and what kind of values each holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shapes.h"

namespace hearth::make_gguf {

// How a tensor is filled, so that activations stay finite in a model that was never trained.
enum class Fill {
  kWeights,  // random around 0; the quantiser may choose its type
  kNorm,     // random around 1
  kBias,     // random around 0, small
  kConvolution,
  kDecay,  // negative: the state must fade (Mamba's A)
  kOnes,
  kTimeStep,  // so that softplus of it lies in 0.002 to 0.13 (Mamba's dt bias)
  kRopeFactors,
};

struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> dims;  // the contiguous one first
  Fill fill = Fill::kWeights;
};

// Source: llama.cpp 0.5.0, load_arch_tensors() of each architecture (names and dimensions).
[[nodiscard]] std::vector<TensorSpec> list_tensors(const ModelShape& shape);

}  // namespace hearth::make_gguf
