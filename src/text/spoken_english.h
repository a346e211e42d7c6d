// English text as a voice says it: numbers, dates, times, money, units, abbreviations and signs in words.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth {

// For voices that want words in letters. One thread at a time.
class SpokenEnglish {
 public:
  // kUnavailable: this build's ICU lacks rules that are needed.
  static Result<std::unique_ptr<SpokenEnglish>> create();
  ~SpokenEnglish();

  // One sentence of valid UTF-8 in ASCII letters and signs. Dates with slashes are read month first; numbers of four
  // digits from 1100 to 2099 as years. Cost: some tenths of a millisecond.
  [[nodiscard]] std::string words(std::string_view sentence) const;
  // Character by character: letters and digits by their names, signs too where they have one.
  [[nodiscard]] std::string spelled(std::string_view text) const;

 private:
  struct Rules;
  explicit SpokenEnglish(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace hearth
