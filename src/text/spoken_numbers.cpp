#include "text/spoken_numbers.h"

#include <unicode/rbnf.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace hearth {

struct SpokenNumbers::Rules {
  explicit Rules(UErrorCode& status) : format(icu::URBNF_SPELLOUT, icu::Locale::getEnglish(), status) {}

  [[nodiscard]] std::string spell(std::int64_t value, const char* rule_set) const {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString spelled;
    icu::FieldPosition ignored;
    format.format(value, icu::UnicodeString::fromUTF8(rule_set), spelled, ignored, status);
    std::string words;
    if (U_SUCCESS(status) != 0) spelled.toUTF8String(words);
    std::ranges::replace(words, '-', ' ');
    return words;
  }

  icu::RuleBasedNumberFormat format;
};

SpokenNumbers::SpokenNumbers(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
SpokenNumbers::~SpokenNumbers() = default;

Result<std::unique_ptr<SpokenNumbers>> SpokenNumbers::create() {
  UErrorCode status = U_ZERO_ERROR;
  auto rules = std::make_unique<Rules>(status);
  if (U_FAILURE(status) != 0 || rules->spell(1, "%spellout-ordinal").empty())
    return fail(ErrorCode::kUnavailable, "ICU has no rules for spelling numbers out", "install its whole data");
  return std::unique_ptr<SpokenNumbers>(new SpokenNumbers(std::move(rules)));
}

std::string SpokenNumbers::cardinal(std::int64_t value) const { return rules_->spell(value, "%spellout-cardinal"); }
std::string SpokenNumbers::ordinal(std::int64_t value) const { return rules_->spell(value, "%spellout-ordinal"); }
std::string SpokenNumbers::year(std::int64_t value) const { return rules_->spell(value, "%spellout-numbering-year"); }

std::string SpokenNumbers::number(std::string_view written) const {
  const auto point = written.find('.');
  std::string whole(written.substr(0, point));
  std::erase(whole, ',');
  const bool is_counted = whole.size() == 1 || (!whole.empty() && whole[0] != '0');
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  constexpr std::size_t kCountedDigitsMax = 15;  // hundreds of trillions; nobody counts further
  const bool fits = failed == std::errc() && end == whole.data() + whole.size() && whole.size() <= kCountedDigitsMax;
  std::string words = whole.empty() ? "zero" : is_counted && fits ? cardinal(value) : digits(whole);
  if (point != std::string_view::npos) words += " point " + digits(written.substr(point + 1));
  return words;
}

std::string SpokenNumbers::digits(std::string_view written) {
  static constexpr std::array<std::string_view, 10> kNames = {"zero", "one", "two",   "three", "four",
                                                              "five", "six", "seven", "eight", "nine"};
  std::string words;
  for (const char c : written) {
    if (c < '0' || c > '9') continue;
    if (!words.empty()) words += ' ';
    words += kNames[static_cast<std::size_t>(c - '0')];
  }
  return words;
}

}  // namespace hearth
