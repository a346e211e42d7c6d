// The Fourier transform of real samples, by KissFFT.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

#include "hearth/result.h"

namespace hearth {

// One thread at a time. Any even length; products of 2, 3 and 5 are quick.
class RealFft {
 public:
  virtual ~RealFft() = default;
  // kInvalidArgument: odd, 0, or above 2^20. kUnavailable: this build has no KissFFT.
  static Result<std::unique_ptr<RealFft>> create(std::size_t n);
  // `in` has n values, `out` n / 2 + 1: from 0 Hz to half the sample rate, not scaled.
  virtual void transform(std::span<const float> in, std::span<std::complex<float>> out) = 0;
  // The way back, scaled so that it gives what was transformed: `in` has n / 2 + 1 values, `out` n.
  virtual void invert(std::span<const std::complex<float>> in, std::span<float> out) = 0;
};

}  // namespace hearth
