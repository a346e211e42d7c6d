// Random tensor data in any type, fast: a pool of random blocks is made once per type and repeated.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "hearth/result.h"
#include "tensors.h"

namespace hearth::make_gguf {

// The same seed gives the same numbers on every machine (xoshiro256**, polar method; no library distributions).
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  double uniform();  // [0, 1)
  float normal();    // mean 0, deviation 1

 private:
  std::uint64_t state_[4];
};

// Takes each piece of data in order; returns an error to stop.
using DataSink = std::function<Status(std::span<const std::byte>)>;

// Externally synchronised. Memory: one pool of at most 1 MiB for each type used.
class RandomWeights {
 public:
  explicit RandomWeights(std::uint64_t seed) : seed_(seed), random_(seed) {}

  // Streams exactly the bytes of `spec` stored as `type`. Weights are drawn from a normal distribution of deviation
  // 0.02 (what trained models have), 2^18 of them quantised by ggml, and repeated from random places of that pool;
  // all other tensors are small, get values of their own and must be F32.
  Status write(const TensorSpec& spec, ggml_type type, const DataSink& sink);

 private:
  Result<const std::vector<std::byte>*> pool(ggml_type type);
  std::vector<float> values(const TensorSpec& spec);

  std::uint64_t seed_;
  Random random_;
  std::map<ggml_type, std::vector<std::byte>> pools_;
};

}  // namespace hearth::make_gguf
