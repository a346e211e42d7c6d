// Text as code points, with the Unicode facts that tokenizers are defined by.
//
// The facts come from ICU. Where the reference tokenizers (the `tokenizers` crate) read an older table, the older
// answer is given: their vocabularies were trained on it.
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// Bytes that are no UTF-8 become U+FFFD, one for each maximal bad part (Unicode, chapter 3, "best practice").
[[nodiscard]] std::u32string code_points(std::string_view utf8);
[[nodiscard]] std::string utf8_text(std::u32string_view text);
void append_utf8(char32_t c, std::string& to);
[[nodiscard]] std::u16string utf16_text(std::u32string_view text);
[[nodiscard]] std::u32string from_utf16(std::u16string_view text);

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

// Source: Unicode Standard Annex 15.
[[nodiscard]] std::u32string normalized(std::u32string text, UnicodeForm form);

// One code point's lower case, without regard to its neighbours; U+0130 gives two.
void append_lower(char32_t c, std::u32string& to);

[[nodiscard]] bool is_white_space(char32_t c);     // property White_Space
[[nodiscard]] bool is_word_character(char32_t c);  // \w of a regular expression: UTS 18, annex C
[[nodiscard]] bool is_combining_mark(char32_t c);  // Mn, Mc, Me
// These three by the older table.
[[nodiscard]] bool is_nonspacing_mark(char32_t c);  // Mn
[[nodiscard]] bool is_punctuation(char32_t c);      // P*, and the symbols of ASCII
[[nodiscard]] bool is_control(char32_t c);          // Cc, Cf, Co, but not tab and line ends
[[nodiscard]] bool is_numeric(char32_t c);          // Nd, Nl, No

// Source: the ranges of BERT's basic tokenizer (google-research/bert, tokenization.py), as the reference has them.
[[nodiscard]] bool is_cjk_ideograph(char32_t c);

}  // namespace hearth
