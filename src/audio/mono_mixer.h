// Interleaved channels to one: their mean, checked.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Externally synchronised.
class MonoMixer {
 public:
  MonoMixer(std::uint32_t n_channels, std::uint32_t sample_rate_hz)
      : n_channels_(n_channels), sample_rate_hz_(sample_rate_hz) {}

  // Replaces `mono` by the mean of all channels of `interleaved` [n_frames, n_channels], in [-1,1]. kInvalidData naming
  // the second where a sample is no number.
  [[nodiscard]] Status mix(std::span<const float> interleaved, std::vector<float>& mono);

  // Of the stream so far.
  [[nodiscard]] double seconds() const { return static_cast<double>(n_frames_) / sample_rate_hz_; }
  // Samples at or beyond full scale so far, all channels: a recording that was too loud.
  [[nodiscard]] std::uint64_t n_clipped() const { return n_clipped_; }

 private:
  std::uint32_t n_channels_;
  std::uint32_t sample_rate_hz_;
  std::uint64_t n_frames_ = 0;
  std::uint64_t n_clipped_ = 0;
};

}  // namespace hearth
