#include "text/text_pattern.h"

#include <unicode/uregex.h>

#include <nlohmann/json.hpp>

#include "text/code_points.h"

namespace hearth {
namespace {

struct CloseRegex {
  void operator()(URegularExpression* regex) const { uregex_close(regex); }
};
using RegexHandle = std::unique_ptr<URegularExpression, CloseRegex>;

// Of one search, in ICU's units of 10,000 steps of its engine: about a millisecond each. What published patterns search
// for ends within a few steps; an expression that tries all ways to cut its text would run for years.
constexpr std::int32_t kTimeLimit = 2000;

// Hugging Face's patterns mean White_Space by \s, as Oniguruma does; ICU's \s lacks U+000B and U+0085.
std::string with_unicode_spaces(std::string_view expression) {
  std::string out;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] != '\\' || i + 1 == expression.size()) {
      out += expression[i];
      continue;
    }
    const char escaped = expression[++i];
    if (escaped == 's') {
      out += R"(\p{White_Space})";
    } else if (escaped == 'S') {
      out += R"(\P{White_Space})";
    } else {
      out.append({'\\', escaped});
    }
  }
  return out;
}

}  // namespace

struct TextPattern::Compiled {
  RegexHandle regex;
};

Result<TextPattern> TextPattern::regex(const std::string& expression) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where{};
  const std::u16string units = utf16_text(code_points(with_unicode_spaces(expression)));
  RegexHandle regex(uregex_open(units.data(), static_cast<std::int32_t>(units.size()), 0, &where, &status));
  if (U_FAILURE(status))
    return fail(ErrorCode::kInvalidData,
                "the tokenizer's pattern '" + expression + "' is no regular expression: " + u_errorName(status));
  TextPattern pattern;
  pattern.compiled_ = std::make_shared<const Compiled>(Compiled{std::move(regex)});
  return pattern;
}

Result<TextPattern> TextPattern::parse(const nlohmann::json& pattern) {
  if (pattern.is_object() && pattern.contains("Regex")) return regex(pattern.at("Regex").get<std::string>());
  const auto& literal = pattern.is_object() ? pattern.at("String") : pattern;
  TextPattern made;
  made.literal_ = code_points(literal.get<std::string>());
  if (made.literal_.empty()) return fail(ErrorCode::kInvalidData, "the tokenizer has an empty pattern");
  return made;
}

std::vector<TextPattern::Match> TextPattern::find_literal(std::u32string_view text) const {
  std::vector<Match> matches;
  for (auto at = text.find(literal_); at != std::u32string_view::npos; at = text.find(literal_, at + literal_.size()))
    matches.push_back({at, at + literal_.size()});
  return matches;
}

Result<std::vector<TextPattern::Match>> TextPattern::find(std::u32string_view text) const {
  if (compiled_ == nullptr) return find_literal(text);
  UErrorCode status = U_ZERO_ERROR;
  const RegexHandle regex(uregex_clone(compiled_->regex.get(), &status));        // matching changes it
  if (U_SUCCESS(status)) uregex_setTimeLimit(regex.get(), kTimeLimit, &status);  // a clone starts without one
  const std::u16string units = utf16_text(text);
  if (U_SUCCESS(status)) uregex_setText(regex.get(), units.data(), static_cast<std::int32_t>(units.size()), &status);
  std::vector<Match> matches;
  std::size_t code_point = 0;
  std::int32_t unit = 0;
  const auto advance = [&](std::int32_t to) {
    for (; unit < to; ++unit)
      if (units[static_cast<std::size_t>(unit)] < 0xDC00 || units[static_cast<std::size_t>(unit)] > 0xDFFF)
        ++code_point;
    return code_point;
  };
  while (U_SUCCESS(status) && uregex_findNext(regex.get(), &status) != 0) {
    const auto begin = uregex_start(regex.get(), 0, &status);
    const auto end = uregex_end(regex.get(), 0, &status);
    if (U_FAILURE(status) || begin == end) continue;
    const auto first = advance(begin);
    matches.push_back({first, advance(end)});
  }
  if (U_FAILURE(status))
    return fail(ErrorCode::kInvalidArgument,
                std::string("the text is too hard for the tokenizer's pattern: ") + u_errorName(status),
                "split the text");
  return matches;
}

}  // namespace hearth
