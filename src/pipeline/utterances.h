// A recording as utterances that a speech engine takes one by one: cut where nobody speaks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/mono_reader.h"
#include "audio/speech_detection.h"
#include "base/call_bounds.h"
#include "pipeline/voice_detector.h"

namespace hearth {

struct Utterance {
  std::uint64_t begin = 0;  // of the recording, in samples
  std::vector<float> samples;
};

// Externally synchronised. Holds one utterance and what was read behind it, however long the recording is.
class UtteranceSource {
 public:
  virtual ~UtteranceSource() = default;
  // False at the end. Errors of MonoReader::next and of the detector.
  [[nodiscard]] virtual Result<bool> next(Utterance& out) = 0;
};

// All of the recording in pieces of at most `window_s`, cut where it is quietest in the last third of each.
// `reader` is borrowed.
[[nodiscard]] std::unique_ptr<UtteranceSource> cut_utterances(MonoReader& reader, double window_s);

// Where somebody speaks, padded; what goes on for more than ten minutes is cut.
// `reader` gives VoiceDetector::kSampleRateHz. Both are borrowed; the detector is reset.
[[nodiscard]] std::unique_ptr<UtteranceSource> spoken_utterances(MonoReader& reader, VoiceDetector& detector,
                                                                 const SpeechDetectionOptions& options,
                                                                 const CallBounds& bounds);

// The middle of the quietest tenth of a second of `samples` that begins at or after `from`; the end where there is
// none so long.
[[nodiscard]] std::size_t quietest_place(std::span<const float> samples, std::size_t from,
                                         std::uint32_t sample_rate_hz);

}  // namespace hearth
