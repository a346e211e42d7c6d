// How likely it is that somebody speaks, frame by frame, whatever tells it: a detector's graph, or loudness alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/call_bounds.h"
#include "pipeline/voice_detector.h"

namespace hearth {

// Externally synchronised.
class SpeechProbability {
 public:
  static constexpr std::size_t kFrameSamples = VoiceDetector::kFrameSamples;
  static constexpr std::uint32_t kSampleRateHz = VoiceDetector::kSampleRateHz;
  virtual ~SpeechProbability() = default;
  // Of the next kFrameSamples samples, mono in [-1,1]. Errors of VoiceDetector::probability.
  [[nodiscard]] virtual Result<float> next(std::span<const float> frame, const CallBounds& bounds) = 0;
};

// Silero's detector.
[[nodiscard]] std::unique_ptr<SpeechProbability> probability_of_detector(std::unique_ptr<VoiceDetector> detector);

// The floor that needs no model: a frame well above the quietest of late is speech, and so is any other sound. Tells
// speech from silence and steady noise, not from music or a slammed door.
[[nodiscard]] std::unique_ptr<SpeechProbability> probability_of_loudness();

}  // namespace hearth
