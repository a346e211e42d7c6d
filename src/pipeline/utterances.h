// A recording as utterances that a speech engine takes one by one: cut where nobody speaks.
#pragma once

#include <memory>

#include "audio/mono_reader.h"
#include "pipeline/utterance_cutter.h"

namespace hearth {

// Externally synchronised. Holds one utterance and what was read behind it, however long the recording is.
class UtteranceSource {
 public:
  virtual ~UtteranceSource() = default;
  // False at the end. Errors of MonoReader::next and of the detector.
  [[nodiscard]] virtual Result<bool> next(Utterance& out) = 0;
};

// See cut_by_window. `reader` is borrowed.
[[nodiscard]] std::unique_ptr<UtteranceSource> cut_utterances(MonoReader& reader, double window_s);

// See cut_by_voice. `reader` gives VoiceDetector::kSampleRateHz. Both are borrowed.
[[nodiscard]] std::unique_ptr<UtteranceSource> spoken_utterances(MonoReader& reader, VoiceDetector& detector,
                                                                 const SpeechDetectionOptions& options,
                                                                 const CallBounds& bounds);

}  // namespace hearth
