// The rules of SpokenEnglish: a pattern, and what its match becomes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/spoken_numbers.h"

namespace hearth {

// The groups of a match, 0 is all of it; "" for those that took no part. `next` is the character behind the match, 0 at
// the end.
struct EnglishMatch {
  std::vector<std::string> groups;
  char next = 0;
  [[nodiscard]] const std::string& operator[](std::size_t i) const { return groups[i]; }
};

struct EnglishRule {
  const char* pattern;  // ICU regular expression; what it matches are ASCII characters
  std::string (*say)(const EnglishMatch& match, const SpokenNumbers& numbers);
};

// In the order in which they are tried, each on what the ones before it left.
[[nodiscard]] std::span<const EnglishRule> english_rules();

// The name of a character, as in spelling: "a" of A is "ay"; "" where it has none.
[[nodiscard]] std::string_view english_character_name(char c);

}  // namespace hearth
