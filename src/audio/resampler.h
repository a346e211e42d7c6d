// Mono audio from one sample rate to another as it comes, by libsoxr at its high quality.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// One thread at a time. What comes out does not depend on how the input was cut into calls.
class Resampler {
 public:
  virtual ~Resampler() = default;
  // Equal rates pass samples through unchanged. kInvalidArgument: a rate of 0. kUnavailable: this build has no libsoxr.
  static Result<std::unique_ptr<Resampler>> create(std::uint32_t from_hz, std::uint32_t to_hz);

  // Appends to `out` what can be told so far; the filter holds some milliseconds back. Samples in [-1,1] give such.
  [[nodiscard]] virtual Status process(std::span<const float> in, std::vector<float>& out) = 0;
  // Appends the rest. Nothing may be processed after it.
  [[nodiscard]] virtual Status finish(std::vector<float>& out) = 0;
};

}  // namespace hearth
