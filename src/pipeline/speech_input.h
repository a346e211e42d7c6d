// A client's audio at the rate that detectors of speech and scribes take.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/resampler.h"

namespace hearth {

// Externally synchronised.
class SpeechInput {
 public:
  // kInvalidArgument, kUnavailable as Resampler::create.
  static Result<std::unique_ptr<SpeechInput>> create(std::uint32_t rate_hz);
  // What can be told of the next samples, at SpeechProbability::kSampleRateHz; valid until the next call.
  [[nodiscard]] Result<std::span<const float>> convert(std::span<const float> samples);

 private:
  explicit SpeechInput(std::unique_ptr<Resampler> resampler) : resampler_(std::move(resampler)) {}
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> out_;
};

}  // namespace hearth
