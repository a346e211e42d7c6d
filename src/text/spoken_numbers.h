// Numbers as English words, by ICU's spell-out rules.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth {

// One thread at a time.
class SpokenNumbers {
 public:
  // kUnavailable: this build's ICU has no spell-out rules.
  static Result<std::unique_ptr<SpokenNumbers>> create();
  ~SpokenNumbers();

  [[nodiscard]] std::string cardinal(std::int64_t value) const;  // "one hundred twenty three"
  [[nodiscard]] std::string ordinal(std::int64_t value) const;   // "twenty third"
  [[nodiscard]] std::string year(std::int64_t value) const;      // 1984: "nineteen eighty four"
  // A number as it is written, digits with commas and at most one point: "1,234.05" is "one thousand two hundred thirty
  // four point zero five". What is too long to count, or opens with a zero, is told digit by digit.
  [[nodiscard]] std::string number(std::string_view written) const;
  // "0 4 2": "zero four two"; everything but digits is left out.
  [[nodiscard]] static std::string digits(std::string_view written);

 private:
  struct Rules;
  explicit SpokenNumbers(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace hearth
