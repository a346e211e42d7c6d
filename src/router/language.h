// Which language a text is in: by script where that decides, else by the runs of letters that are usual in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hearth {

struct LanguageVerdict {
  std::array<char, 4> code = {};  // ISO 639-1, NUL-terminated; empty: none told
  float confidence = 0;           // 0..1: how far ahead of the second it is
};

// Looks at the first 240 letters or so. Pure, thread-safe, allocates nothing; a few microseconds. Tells
// kLanguages() apart; made by tools/train/router/language.py, which also measures it.
[[nodiscard]] LanguageVerdict detect_language(std::string_view text);

// ISO 639-1 codes that detect_language can answer with by letters; those told by script alone come on top.
[[nodiscard]] std::span<const std::array<char, 4>> languages_by_letters();

}  // namespace hearth
