// Word error rate: how many words of a transcript differ from what was said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// The alignment of least edits; where several have as few, which kinds of edit are counted may differ from other
// programs, their sum does not.
struct WordErrors {
  std::uint64_t n_reference = 0;  // words that were said
  std::uint64_t substitutions = 0;
  std::uint64_t deletions = 0;   // said, but not in the transcript
  std::uint64_t insertions = 0;  // in the transcript, but not said
  [[nodiscard]] std::uint64_t n_errors() const { return substitutions + deletions + insertions; }
  // Errors by words said, over several texts: their errors by their words. 0 where there are none of either; 1 for a
  // transcript of silence that has words.
  [[nodiscard]] double rate() const {
    if (n_reference == 0) return insertions == 0 ? 0.0 : 1.0;
    return static_cast<double>(n_errors()) / static_cast<double>(n_reference);
  }
  WordErrors& operator+=(const WordErrors& other);
};

// How texts are made comparable before their words are counted, in one sentence, for reports.
inline constexpr std::string_view kWordNormalisation =
    "lower case; typographic apostrophes as '; every sign but letters, digits and apostrophes inside words parts words";

// The words of `text` by kWordNormalisation. Lower case is of ASCII and Latin-1 letters; bytes that are not UTF-8
// part words.
[[nodiscard]] std::vector<std::string> normalised_words(std::string_view text);

// Words parted by white space, as they are.
[[nodiscard]] std::vector<std::string> plain_words(std::string_view text);

// Levenshtein's distance over words. Cost: the product of the lengths.
[[nodiscard]] WordErrors count_word_errors(const std::vector<std::string>& reference,
                                           const std::vector<std::string>& transcript);

}  // namespace hearth
