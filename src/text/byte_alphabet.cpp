#include "text/byte_alphabet.h"

#include <array>

#include "text/code_points.h"

namespace hearth {
namespace {

constexpr std::array<char32_t, 256> alphabet() {
  std::array<char32_t, 256> table{};
  char32_t next = 256;  // for bytes that aren't printable themselves
  for (char32_t byte = 0; byte < table.size(); ++byte) {
    const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    table[byte] = is_printable ? byte : next++;
  }
  return table;
}

}  // namespace

std::u32string in_byte_alphabet(std::u32string_view text) {
  static constexpr auto kAlphabet = alphabet();
  std::u32string out;
  for (const char byte : utf8_text(text)) out.push_back(kAlphabet[static_cast<unsigned char>(byte)]);
  return out;
}

}  // namespace hearth
