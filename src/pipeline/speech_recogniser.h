// A speech model as streams of speech see it: an utterance in, what is understood of it out. The port that the program
// joins to a runtime's model.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/transcript.h"
#include "base/call_bounds.h"
#include "hearth/result.h"

namespace hearth {

struct SpeechModelFacts {
  std::uint32_t sample_rate_hz = 16'000;
  // It works while the utterance goes on, tells what it understands so far, and is soon done when the utterance ends.
  // Else it begins at the end, and partial results are found by recognising again what is there.
  bool has_partials = false;
  std::uint32_t window_ms = 0;  // the longest utterance; 0: any
};

struct Recognised {
  std::vector<TranscriptSegment> segments;  // seconds from the utterance's first sample
  std::string language;                     // where it was detected
};

// A stream's utterances, one after the other; what was understood of one may help with the next. One thread at a time.
class SpeechRecognition {
 public:
  virtual ~SpeechRecognition() = default;
  // Takes more of the utterance, mono in [-1,1], and tells all that is understood of it so far; nothing where no
  // partials were wanted. What is understood at the end does not depend on how the audio was cut into calls.
  [[nodiscard]] virtual Result<Recognised> accept(std::span<const float> samples, const CallBounds& bounds) = 0;
  // The utterance is over: all of it. What is accepted after it is of the next one.
  [[nodiscard]] virtual Result<Recognised> finish(const CallBounds& bounds) = 0;
};

// Thread-safe.
class SpeechRecogniser {
 public:
  virtual ~SpeechRecogniser() = default;
  [[nodiscard]] virtual const SpeechModelFacts& facts() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<SpeechRecognition>> begin(bool partials) = 0;
};

}  // namespace hearth
