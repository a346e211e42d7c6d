#include "text/plain_letters.h"

#include <unicode/translit.h>
#include <unicode/uchar.h>

#include <array>

namespace hearth {
namespace {

// What joins and colours emoji has no name that anyone wants to hear.
bool is_emoji_glue(UChar32 c) {
  return c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F3FB && c <= 0x1F3FF) || c == 0x20E3;
}

bool is_pictograph(UChar32 c) { return c > 0xFF && u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0; }

// " grinning face "; a space for characters without a name.
void append_name(UChar32 c, icu::UnicodeString& to) {
  std::array<char, 128> name{};
  UErrorCode status = U_ZERO_ERROR;
  const auto n = u_charName(c, U_UNICODE_CHAR_NAME, name.data(), static_cast<std::int32_t>(name.size()), &status);
  to.append(u' ');
  if (U_SUCCESS(status) == 0) return;
  for (std::int32_t i = 0; i < n; ++i) {
    const char letter = name[static_cast<std::size_t>(i)];
    to.append(static_cast<char16_t>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter == '-' ? ' ' : letter));
  }
  to.append(u' ');
}

icu::UnicodeString with_names(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (is_pictograph(c))
      append_name(c, out);
    else if (!is_emoji_glue(c))
      out.append(c);
  }
  return out;
}

}  // namespace

struct PlainLetters::Rules {
  std::unique_ptr<icu::Transliterator> to_latin;
};

PlainLetters::PlainLetters(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
PlainLetters::~PlainLetters() = default;

Result<std::unique_ptr<PlainLetters>> PlainLetters::create() {
  UErrorCode status = U_ZERO_ERROR;
  auto rules = std::make_unique<Rules>();
  rules->to_latin.reset(icu::Transliterator::createInstance(u"Any-Latin; Latin-ASCII", UTRANS_FORWARD, status));
  if (U_FAILURE(status) != 0 || rules->to_latin == nullptr)
    return fail(ErrorCode::kUnavailable, "ICU has no rules for writing other scripts in Latin letters",
                "install its whole data");
  return std::unique_ptr<PlainLetters>(new PlainLetters(std::move(rules)));
}

std::string PlainLetters::ascii(std::string_view text) const {
  auto letters = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  letters = with_names(letters);
  rules_->to_latin->transliterate(letters);
  std::string plain;
  for (std::int32_t i = 0; i < letters.length(); i = letters.moveIndex32(i, 1)) {
    const UChar32 c = letters.char32At(i);
    if (c >= 0x20 && c < 0x7F)
      plain += static_cast<char>(c);
    else if (plain.empty() || plain.back() != ' ')
      plain += ' ';
  }
  return plain;
}

}  // namespace hearth
