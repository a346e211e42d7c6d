#include "audio/mono_mixer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

// The largest value of 16 bits: what a converter that is driven too hard gives again and again.
constexpr float kFullScale = 32767.0F / 32768.0F;

}  // namespace

Status MonoMixer::mix(std::span<const float> interleaved, std::vector<float>& mono) {
  const std::size_t n_frames = interleaved.size() / n_channels_;
  mono.resize(n_frames);
  for (std::size_t frame = 0; frame < n_frames; ++frame) {
    float sum = 0;
    for (std::size_t channel = 0; channel < n_channels_; ++channel) {
      const float value = interleaved[frame * n_channels_ + channel];
      n_clipped_ += std::fabs(value) >= kFullScale ? 1 : 0;
      sum += value;
    }
    if (!std::isfinite(sum)) {
      const double at_s = static_cast<double>(n_frames_ + frame) / static_cast<double>(sample_rate_hz_);
      return fail(ErrorCode::kInvalidData,
                  fmt::format("the sound file has a sample that is no number at {:.3f} s", at_s),
                  "write it anew from its source; the program that made it miscalculated");
    }
    mono[frame] = std::clamp(sum / static_cast<float>(n_channels_), -1.0F, 1.0F);
  }
  n_frames_ += n_frames;
  return {};
}

}  // namespace hearth
