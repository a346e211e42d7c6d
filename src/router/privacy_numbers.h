// Numbers that stand for a person: runs of digits as people write them, and the checks their issuers gave them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "domain/route_target.h"

namespace hearth {

// Digits with single separators between groups: "+49 (0)171 234 567", "4111-1111-1111-1111".
struct DigitRun {
  static constexpr std::size_t kDigitsMax = 34;
  std::array<char, kDigitsMax> digits{};
  std::size_t n_digits = 0;
  std::array<std::uint8_t, kDigitsMax> group_start{};  // index of each group's first digit
  std::size_t n_groups = 0;
  char separator = 0;  // the first one; 0: one group
  bool plus = false;
  bool ends_in_x = false;  // an X right behind the last digit, which some checks use for 10
  std::size_t bytes = 0;   // in the text

  [[nodiscard]] std::string_view all() const { return {digits.data(), n_digits}; }
  [[nodiscard]] std::size_t group_size(std::size_t group) const {
    return (group + 1 < n_groups ? group_start[group + 1] : n_digits) - group_start[group];
  }
  [[nodiscard]] std::string_view group(std::size_t group) const {
    return all().substr(group_start[group], group_size(group));
  }
  // "3-2-4" is {3, 2, 4}.
  template <class... Sizes>
  [[nodiscard]] bool grouped_as(Sizes... sizes) const {
    if (sizeof...(sizes) != n_groups) return false;
    std::size_t at = 0;
    return ((group_size(at++) == static_cast<std::size_t>(sizes)) && ...);
  }
};

// The run that begins at `at` (a digit, '+' or '('); no digits where none does. Stops at 34 digits.
[[nodiscard]] DigitRun digit_run_at(std::string_view text, std::size_t at);

// Digits only.
[[nodiscard]] bool luhn_valid(std::string_view digits);
// Letters and digits without blanks, country first. Source: ISO 13616, check by ISO/IEC 7064 MOD 97-10.
[[nodiscard]] bool iban_valid(std::string_view compact);

struct NumberHit {
  PersonalData kind = PersonalData::kPhone;
  float score = 0;  // 0: nothing
};
// Payment cards, and ids that carry their own check: US, Brazil, India, Poland, China, France, Switzerland; with
// `id_cue` (a word nearby that says so) also the Netherlands, Germany and other numbers of 8 to 12 digits.
[[nodiscard]] NumberHit identity_in(const DigitRun& run, bool id_cue);
// `cue`: a word nearby that says telephone.
[[nodiscard]] NumberHit phone_in(const DigitRun& run, bool cue);

}  // namespace hearth
