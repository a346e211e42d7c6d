// A speaker's audio as it comes, cut into turns: told when one begins, while it goes on and when it is over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "audio/speech_detection.h"
#include "pipeline/speech_probability.h"

namespace hearth {

struct TurnOptions {
  float threshold = 0.5F;          // of the probability: a frame of at least this is speech
  std::uint32_t prefix_ms = 300;   // of audio before the first speech that belongs to the turn
  std::uint32_t silence_ms = 500;  // that ends it
  std::uint32_t speech_ms = 96;    // that must have been heard before a turn begins
};

// Samples are of the stream, at SpeechProbability::kSampleRateHz.
struct TurnListener {
  std::function<void(std::uint64_t begin)> started;
  std::function<void(std::span<const float>)> speech;  // of the turn from its beginning on, pauses included
  std::function<void(std::uint64_t end)> stopped;
};

// Externally synchronised. Where turns begin and end does not depend on how the audio was cut into calls. Unlike an
// utterance cutter it says that a turn has begun while it goes on, and holds no more than prefix_ms and speech_ms.
class TurnCutter {
 public:
  TurnCutter(std::unique_ptr<SpeechProbability> probability, const TurnOptions& options, TurnListener listener);

  // Mono samples in [-1,1]. Errors of the probability.
  [[nodiscard]] Status push(std::span<const float> samples, const CallBounds& bounds = {});
  // A turn that goes on is over now, without `stopped`; what was heard before is no prefix of the next.
  void forget();
  [[nodiscard]] bool in_turn() const { return in_turn_; }
  // Samples that were pushed.
  [[nodiscard]] std::uint64_t n_samples() const { return n_judged_ + frame_.size(); }

 private:
  [[nodiscard]] Status take_frame(const CallBounds& bounds);
  void begin_turn(std::uint64_t speech_begin);

  std::unique_ptr<SpeechProbability> probability_;
  const TurnOptions options_;
  const TurnListener listener_;
  SpeechDetector detector_;
  std::uint64_t detector_origin_ = 0;  // the stream's sample at which the detector began
  std::vector<float> frame_;           // not judged yet
  std::vector<float> held_;            // the last that were judged, outside of a turn
  std::uint64_t n_judged_ = 0;
  bool in_turn_ = false;
};

}  // namespace hearth
