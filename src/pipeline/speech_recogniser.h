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
  // It tells what it understands while the utterance goes on; else that is found by recognising again what is there.
  bool has_partials = false;
  // What it told while the utterance went on is needed for its end. Else the end is recognised from the whole
  // utterance, and partial results are extra work that may be left out.
  bool is_incremental = false;
  std::uint32_t window_ms = 0;  // the longest utterance; 0: any
};

struct Recognised {
  std::vector<TranscriptSegment> segments;  // seconds from the utterance's first sample
  std::string language;                     // where it was detected
};

// One utterance. One thread at a time.
class SpeechRecognition {
 public:
  virtual ~SpeechRecognition() = default;
  // Takes more of it, mono in [-1,1], and tells all that is understood so far; nothing where no partials were wanted.
  [[nodiscard]] virtual Result<Recognised> accept(std::span<const float> samples, const CallBounds& bounds) = 0;
  // The utterance is over: all of it. Nothing may be accepted after it.
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
