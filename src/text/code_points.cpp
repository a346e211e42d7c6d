#include "text/code_points.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hearth {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Source: compared for every code point with the crate `tokenizers` 0.23.3, whose crate `unicode_categories` holds the
// table of Unicode 8.
constexpr int kTableVersion = 8;

std::uint32_t category(char32_t c) { return U_MASK(u_charType(static_cast<UChar32>(c))); }

// The category by the older table: what came later is unassigned there.
std::uint32_t old_category(char32_t c) {
  UVersionInfo age{};
  u_charAge(static_cast<UChar32>(c), age);
  if (age[0] == 0 || age[0] > kTableVersion) return U_GC_CN_MASK;
  return category(c);
}

bool is_ascii(std::u32string_view text) {
  return std::ranges::all_of(text, [](char32_t c) { return c < 0x80; });
}

const UNormalizer2* normalizer_of(UnicodeForm form) {
  UErrorCode status = U_ZERO_ERROR;
  switch (form) {
    case UnicodeForm::kNfc: return unorm2_getNFCInstance(&status);
    case UnicodeForm::kNfd: return unorm2_getNFDInstance(&status);
    case UnicodeForm::kNfkc: return unorm2_getNFKCInstance(&status);
    case UnicodeForm::kNfkd: return unorm2_getNFKDInstance(&status);
  }
  return nullptr;
}

}  // namespace

std::u32string code_points(std::string_view utf8) {
  std::u32string text;
  text.reserve(utf8.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  for (std::size_t at = 0; at < utf8.size();) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, utf8.size(), c);
    text.push_back(c < 0 ? kReplacement : static_cast<char32_t>(c));
  }
  return text;
}

void append_utf8(char32_t c, std::string& to) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::size_t n = 0;
  UBool failed = 0;
  U8_APPEND(bytes.data(), n, bytes.size(), static_cast<UChar32>(c), failed);
  if (failed != 0) return append_utf8(kReplacement, to);
  to.append(bytes.data(), n);
}

std::string utf8_text(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) append_utf8(c, bytes);
  return bytes;
}

std::u16string utf16_text(std::u32string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (const char32_t c : text) {
    if (c > 0xFFFF) {
      units.push_back(U16_LEAD(c));
      units.push_back(U16_TRAIL(c));
    } else {
      units.push_back(static_cast<char16_t>(c));
    }
  }
  return units;
}

std::u32string from_utf16(std::u16string_view units) {
  std::u32string text;
  text.reserve(units.size());
  for (std::size_t at = 0; at < units.size();) {
    UChar32 c = 0;
    U16_NEXT(units.data(), at, units.size(), c);
    text.push_back(static_cast<char32_t>(c));
  }
  return text;
}

std::u32string normalized(std::u32string text, UnicodeForm form) {
  const UNormalizer2* normalizer = normalizer_of(form);
  if (is_ascii(text) || normalizer == nullptr) return text;
  const std::u16string units = utf16_text(text);
  // Source: UAX 15, table "maximum expansion factors": 18 code units for one under NFKC and NFKD in UTF-16.
  constexpr std::size_t kFirstGuess = 3;
  std::u16string out(units.size() * kFirstGuess, u'\0');
  UErrorCode status = U_ZERO_ERROR;
  auto n = unorm2_normalize(normalizer, units.data(), static_cast<std::int32_t>(units.size()), out.data(),
                            static_cast<std::int32_t>(out.size()), &status);
  if (status == U_BUFFER_OVERFLOW_ERROR) {
    out.resize(static_cast<std::size_t>(n));
    status = U_ZERO_ERROR;
    n = unorm2_normalize(normalizer, units.data(), static_cast<std::int32_t>(units.size()), out.data(), n, &status);
  }
  if (U_FAILURE(status)) return text;  // only without memory or ICU's data
  return from_utf16(std::u16string_view(out).substr(0, static_cast<std::size_t>(n)));
}

void append_lower(char32_t c, std::u32string& to) {
  constexpr char32_t kDottedI = 0x130;  // Source: SpecialCasing.txt, the only unconditional lower case of two
  if (c == kDottedI) {
    to.append(U"i\u0307");
    return;
  }
  to.push_back(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
}

bool is_white_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

bool is_word_character(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_ALPHABETIC) != 0 ||
         (category(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_JOIN_CONTROL) != 0;
}

bool is_combining_mark(char32_t c) { return (category(c) & U_GC_M_MASK) != 0; }
bool is_nonspacing_mark(char32_t c) { return (old_category(c) & U_GC_MN_MASK) != 0; }
bool is_numeric(char32_t c) { return (category(c) & U_GC_N_MASK) != 0; }

bool is_punctuation(char32_t c) {
  if (c < 0x80)
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  return (old_category(c) & U_GC_P_MASK) != 0;
}

bool is_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c < 0x80) return c < 0x20 || c == 0x7F;
  return (old_category(c) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK)) != 0;
}

bool is_cjk_ideograph(char32_t c) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 8> kRanges = {{{0x4E00, 0x9FFF},
                                                                            {0x3400, 0x4DBF},
                                                                            {0x20000, 0x2A6DF},
                                                                            {0x2A700, 0x2B73F},
                                                                            {0x2B740, 0x2B81F},
                                                                            {0x2B920, 0x2CEAF},
                                                                            {0xF900, 0xFAFF},
                                                                            {0x2F800, 0x2FA1F}}};
  return c >= 0x3400 && std::ranges::any_of(kRanges, [c](const auto& r) { return r.first <= c && c <= r.second; });
}

}  // namespace hearth
