// A text as sentences, for what speaks them one by one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// One thread at a time.
class SentenceSplitter {
 public:
  // kUnavailable: this build's ICU has no rules for sentences.
  static Result<std::unique_ptr<SentenceSplitter>> create();
  ~SentenceSplitter();

  // The sentences of valid UTF-8 in their order, without white space around them, none empty. Abbreviations ("Dr.")
  // end none, and so do line ends, unless a blank line follows. What is longer than `bytes_max` (at least 4) is parted:
  // behind the last comma, semicolon or colon in reach, else at a space, else between characters. Source: Unicode
  // Standard Annex 29.
  [[nodiscard]] std::vector<std::string> split(std::string_view text, std::size_t bytes_max);

 private:
  struct Rules;
  explicit SentenceSplitter(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

// `sentence` in parts of at most `bytes_max` bytes, as split() parts what is too long.
[[nodiscard]] std::vector<std::string_view> part_by_length(std::string_view sentence, std::size_t bytes_max);

}  // namespace hearth
