// Any text in letters that English voices know: names for emoji, Latin letters for other scripts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth {

// One thread at a time.
class PlainLetters {
 public:
  // kUnavailable: this build's ICU has no rules for transliteration.
  static Result<std::unique_ptr<PlainLetters>> create();
  ~PlainLetters();

  // ASCII: emoji by their Unicode names in lower case, other scripts by their sounds (Unicode CLDR's rules),
  // typographic signs by their plain likes; control characters and what has neither become spaces.
  [[nodiscard]] std::string ascii(std::string_view text) const;

 private:
  struct Rules;
  explicit PlainLetters(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace hearth
