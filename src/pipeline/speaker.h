// A voice model as pipelines see it: one sentence in, audio out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "hearth/result.h"

namespace hearth {

struct SpeakerVoice {
  std::string id;
  std::string language;
  std::string about;
};

// Immutable.
struct SpeakerFacts {
  std::string model;
  std::string runtime;
  std::uint32_t sample_rate_hz = 0;
  bool normalizes = false;           // false: it wants English words in plain letters
  std::uint32_t text_bytes_max = 0;  // of one sentence; 0: any
  double speed_min = 1;
  double speed_max = 1;
  std::vector<SpeakerVoice> voices;  // the default one first
};

// What a sentence is spoken with.
struct SpeakingStyle {
  std::string voice = {};  // empty: the default one
  double speed = 1;
  bool spell = false;  // character by character
  bool operator==(const SpeakingStyle&) const = default;
};

// Thread-safe.
class Speaker {
 public:
  virtual ~Speaker() = default;
  [[nodiscard]] virtual const SpeakerFacts& facts() const = 0;
  // Hands mono samples in [-1,1] over as they come, borrowed for the call, on this thread; `receive` returns false to
  // stop. A text in which nothing can be said gives none. kNotFound: no such voice; kInvalidArgument: a speed out of
  // bounds; kCancelled, kDeadlineExceeded, and what the model's runtime gives.
  [[nodiscard]] virtual Status speak(const std::string& sentence, const SpeakingStyle& style, const CallBounds& bounds,
                                     const std::function<bool(std::span<const float>)>& receive) = 0;
};

}  // namespace hearth
