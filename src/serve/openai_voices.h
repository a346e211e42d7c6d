// Names of voices that clients of OpenAI's API send.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace hearth::serve {

// Whether it is a voice of OpenAI's own models: clients that name one get the model's default voice.
// Source: the OpenAI API reference, audio, speech, voice.
[[nodiscard]] inline bool is_openai_voice(std::string_view name) {
  constexpr std::array<std::string_view, 13> kTheirs = {"alloy", "ash",  "ballad", "cedar", "coral",   "echo", "fable",
                                                        "marin", "nova", "onyx",   "sage",  "shimmer", "verse"};
  return std::ranges::find(kTheirs, name) != kTheirs.end();
}

}  // namespace hearth::serve
