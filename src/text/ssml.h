// The part of the Speech Synthesis Markup Language that any voice can follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// A stretch of text that is spoken in one way, or a pause.
struct SpeechPart {
  std::string text;    // empty: nothing but the pause
  bool spell = false;  // character by character
  double rate = 1;     // a factor on the speed
  std::string voice = {};
  std::uint32_t pause_ms = 0;  // after the text
  bool operator==(const SpeechPart&) const = default;
};

// Opens with <speak>: no plain text does.
[[nodiscard]] bool is_ssml(std::string_view text);

// The parts of a document of these elements: speak, p, s, break (time, strength), prosody (rate), say-as (characters,
// spell-out, digits), sub (alias), voice (name). kInvalidArgument: no well-formed XML, with the place; a value that has
// no meaning. kUnsupported: another element, named. Entities beyond XML's own five and DTDs are not read.
// Source: W3C, Speech Synthesis Markup Language 1.1.
[[nodiscard]] Result<std::vector<SpeechPart>> parse_ssml(std::string_view text);

}  // namespace hearth
