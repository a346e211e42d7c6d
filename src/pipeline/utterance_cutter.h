// Audio as it comes, cut into utterances that a speech engine takes one by one: where nobody speaks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/speech_detection.h"
#include "base/call_bounds.h"
#include "pipeline/voice_detector.h"

namespace hearth {

struct Utterance {
  std::uint64_t begin = 0;  // of the stream, in samples
  std::vector<float> samples;
};

// One that will be told, and samples [begin, certain_end) of the stream will be part of it.
struct OpenUtterance {
  std::uint64_t begin = 0;  // the same until it ends
  std::uint64_t certain_end = 0;
  bool may_be_over = false;  // nobody speaks: it ends at certain_end unless somebody goes on
};

// Externally synchronised. What it holds is bounded by the longest utterance, however long the stream is. Where
// utterances begin and end does not depend on how the audio was cut into calls.
class UtteranceCutter {
 public:
  virtual ~UtteranceCutter() = default;
  // Appends to `ended` what ended within `samples`, mono in [-1,1]. Errors of the voice detector.
  [[nodiscard]] virtual Status push(std::span<const float> samples, std::vector<Utterance>& ended) = 0;
  // The stream ends: appends the rest. Nothing may be pushed after it.
  [[nodiscard]] virtual Status finish(std::vector<Utterance>& ended) = 0;

  // The utterance that is going on; absent while there is none, or none that is known to be speech.
  [[nodiscard]] virtual std::optional<OpenUtterance> open() const = 0;
  // Appends what is held of [first, end).
  virtual void copy(std::uint64_t first, std::uint64_t end, std::vector<float>& out) const = 0;
  // Samples that were judged so far.
  [[nodiscard]] virtual std::uint64_t end() const = 0;
};

// All of the audio in pieces of at most `window_s`, cut where it is quietest in the last third of each.
[[nodiscard]] std::unique_ptr<UtteranceCutter> cut_by_window(double window_s, std::uint32_t sample_rate_hz);

// Where somebody speaks, padded; what goes on for more than ten minutes is cut. Takes VoiceDetector::kSampleRateHz.
// Only with options.patience_s it is certain, while somebody speaks, what will be part of the utterance: else open()
// tells of none. The detector is borrowed and reset, and so is what `bounds` point to.
[[nodiscard]] std::unique_ptr<UtteranceCutter> cut_by_voice(VoiceDetector& detector,
                                                            const SpeechDetectionOptions& options,
                                                            const CallBounds& bounds);

// The middle of the quietest tenth of a second of `samples` that begins at or after `from`; the end where there is
// none so long.
[[nodiscard]] std::size_t quietest_place(std::span<const float> samples, std::size_t from,
                                         std::uint32_t sample_rate_hz);

}  // namespace hearth
