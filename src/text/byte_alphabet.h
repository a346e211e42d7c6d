// The 256 printable characters that byte-level vocabularies write bytes with.
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// Each byte of the text's UTF-8 as its character.
// Source: github.com/openai/gpt-2, src/encoder.py, bytes_to_unicode.
[[nodiscard]] std::u32string in_byte_alphabet(std::u32string_view text);

}  // namespace hearth
