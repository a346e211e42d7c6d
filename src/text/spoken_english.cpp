#include "text/spoken_english.h"

#include <unicode/regex.h>
#include <unicode/uchar.h>

#include <vector>

#include "text/english_rules.h"
#include "text/plain_letters.h"

namespace hearth {
namespace {

// Patterns are simple and sentences short: this is for those that were made to be hard. Unit: ICU's ticks, of ten
// thousand steps each.
constexpr std::int32_t kTicksMax = 50;

std::string utf8_of(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

// Digits of every script as ASCII's.
icu::UnicodeString with_plain_digits(std::string_view utf8) {
  const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
  icu::UnicodeString out;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    const auto digit = c > 0x7F && u_charType(c) == U_DECIMAL_DIGIT_NUMBER ? u_charDigitValue(c) : -1;
    out.append(digit >= 0 ? static_cast<UChar32>('0' + digit) : c);
  }
  return out;
}

struct CompiledRule {
  std::unique_ptr<icu::RegexPattern> pattern;
  decltype(EnglishRule::say) say = nullptr;
};

// White space in one space each, none at the ends or before a stop.
std::string tidied(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (is_space && (out.empty() || out.back() == ' ')) continue;
    if ((c == ',' || c == '.' || c == ';' || c == '!' || c == '?') && !out.empty() && out.back() == ' ') out.pop_back();
    out += is_space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

struct SpokenEnglish::Rules {
  std::unique_ptr<SpokenNumbers> numbers;
  std::unique_ptr<PlainLetters> letters;
  std::vector<CompiledRule> compiled;

  [[nodiscard]] EnglishMatch match_of(const icu::RegexMatcher& matcher, const icu::UnicodeString& text) const {
    UErrorCode status = U_ZERO_ERROR;
    EnglishMatch match;
    for (std::int32_t i = 0; i <= matcher.groupCount(); ++i) match.groups.push_back(utf8_of(matcher.group(i, status)));
    const auto end = matcher.end(status);
    if (end < text.length()) match.next = static_cast<char>(text.charAt(end) & 0x7F);
    return match;
  }

  [[nodiscard]] icu::UnicodeString applied(const CompiledRule& rule, const icu::UnicodeString& text) const {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::RegexMatcher> matcher(rule.pattern->matcher(text, status));
    if (U_FAILURE(status) != 0) return text;
    matcher->setTimeLimit(kTicksMax, status);
    icu::UnicodeString out;
    std::int32_t done = 0;
    while (matcher->find(status) != 0 && U_SUCCESS(status) != 0) {
      out.append(text, done, matcher->start(status) - done);
      out.append(icu::UnicodeString::fromUTF8(rule.say(match_of(*matcher, text), *numbers)));
      done = matcher->end(status);
    }
    return out.append(text, done, text.length() - done);
  }
};

SpokenEnglish::SpokenEnglish(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
SpokenEnglish::~SpokenEnglish() = default;

Result<std::unique_ptr<SpokenEnglish>> SpokenEnglish::create() {
  auto rules = std::make_unique<Rules>();
  HEARTH_ASSIGN(numbers, SpokenNumbers::create());
  HEARTH_ASSIGN(letters, PlainLetters::create());
  rules->numbers = std::move(numbers);
  rules->letters = std::move(letters);
  for (const auto& rule : english_rules()) {
    UErrorCode status = U_ZERO_ERROR;
    CompiledRule compiled;
    compiled.pattern.reset(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(rule.pattern), 0, status));
    compiled.say = rule.say;
    if (U_FAILURE(status) != 0)
      return fail(ErrorCode::kInternal, std::string("a rule of spoken English is no pattern: ") + rule.pattern);
    rules->compiled.push_back(std::move(compiled));
  }
  return std::unique_ptr<SpokenEnglish>(new SpokenEnglish(std::move(rules)));
}

std::string SpokenEnglish::words(std::string_view sentence) const {
  auto text = with_plain_digits(sentence);
  for (const auto& rule : rules_->compiled) text = rules_->applied(rule, text);
  return tidied(rules_->letters->ascii(utf8_of(text)));
}

std::string SpokenEnglish::spelled(std::string_view text) const {
  std::string out;
  for (const char c : rules_->letters->ascii(text)) {
    const auto name = english_character_name(c);
    if (name.empty()) continue;
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace hearth
