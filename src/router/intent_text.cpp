#include "router/intent_text.h"

#include <algorithm>

#include "router/utf8_decode.h"

namespace hearth {
namespace {

constexpr std::size_t kWordChars = 24;
constexpr int kDigitRun = 4;

// Base letters of U+00C0..U+017F and U+1E00..U+1EFF; '.' where there is none. Source: canonical decompositions of the
// Unicode Character Database, and for letters without one (ß, æ, ø, ł, đ ...) the letter they are typed as.
constexpr std::string_view kLatinBase =
    "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr std::string_view kLatinExtendedBase =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy....s.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

char32_t base_letter(char32_t c, std::string_view table, char32_t first) {
  const char base = table[c - first];
  return base == '.' ? c : static_cast<char32_t>(base);
}

constexpr bool within(char32_t c, char32_t first, char32_t end) { return c >= first && c < end; }

// Combining and direction marks, zero-width signs, variation selectors, the soft hyphen.
constexpr bool is_left_out(char32_t c) {
  return within(c, 0x300, 0x370) || within(c, 0x200B, 0x2010) || within(c, 0x202A, 0x202F) ||
         within(c, 0x2060, 0x2070) || within(c, 0xFE00, 0xFE10) || c == 0xFEFF || c == 0xAD;
}

char32_t fold_beyond_latin(char32_t c) {
  if (is_left_out(c)) return 0;
  if (within(c, 0x391, 0x3AA) || within(c, 0x410, 0x430)) return c + 32;  // Greek, Cyrillic
  if (within(c, 0x400, 0x410)) return c + 80;
  if (within(c, 0xFF01, 0xFF5F)) return fold(c - 0xFEE0);  // full-width ASCII
  if (c == 0x2018 || c == 0x2019) return U'\'';
  if (within(c, 0x201C, 0x201F)) return U'"';
  if (within(c, 0x2000, 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x3000) return U' ';
  return c;
}

// Appends tokens to a flow.
class TokenWriter {
 public:
  explicit TokenWriter(TokenFlow& out) : out_(out) {
    out_.n_flow = 0;
    out_.n_tokens = 0;
  }
  void put(char32_t c) {
    if (c == 0) return;
    const bool blank = c == U' ';
    const auto kind = blank ? CharKind::kSymbol : kind_of(c);
    if (!blank && (kind == CharKind::kWord || kind == CharKind::kDigit)) return put_word_char(c, kind);
    end_word();
    if (blank) return;
    open_token();
    out_.flow[out_.n_flow++] = c;
  }
  void end_word() {
    in_word_ = false;
    n_digits_ = 0;
  }
  // The final blank, and where it ends.
  void finish() {
    out_.flow[out_.n_flow++] = U' ';
    out_.starts[out_.n_tokens] = static_cast<std::uint16_t>(out_.n_flow);
  }

 private:
  void put_word_char(char32_t c, CharKind kind) {
    n_digits_ = kind == CharKind::kDigit ? n_digits_ + 1 : 0;
    if (n_digits_ > kDigitRun) return;
    if (!in_word_ || out_.n_flow - out_.starts[out_.n_tokens - 1] == kWordChars) open_token();
    in_word_ = true;
    out_.flow[out_.n_flow++] = kind == CharKind::kDigit ? U'0' : c;
  }
  void open_token() {
    out_.flow[out_.n_flow++] = U' ';
    out_.starts[out_.n_tokens++] = static_cast<std::uint16_t>(out_.n_flow);
  }

  TokenFlow& out_;
  bool in_word_ = false;
  int n_digits_ = 0;
};

}  // namespace

void read_window(std::string_view text, TextWindow& window) {
  window.n = 0;
  std::size_t at = 0;
  while (at < text.size() && window.n < kIntentHeadChars) window.chars[window.n++] = next_code_point(text, at);
  window.n_head = window.n;
  // Back from the end to where the last characters begin; four bytes are the most that one takes.
  std::size_t from = text.size();
  std::size_t n_back = 0;
  const std::size_t floor = std::max(at, text.size() - std::min(text.size(), 4 * kIntentTailChars));
  while (from > floor && n_back < kIntentTailChars) {
    --from;
    if (!is_utf8_continuation(text[from])) ++n_back;
  }
  while (from < text.size() && window.n < kIntentWindowChars) window.chars[window.n++] = next_code_point(text, from);
}

char32_t fold(char32_t c) {
  if (c < 0x80) {
    if (within(c, U'A', U'Z' + 1)) return c + 32;
    return c > 32 && c != 127 ? c : U' ';
  }
  if (within(c, 0xC0, 0x180)) return base_letter(c, kLatinBase, 0xC0);
  if (within(c, 0x1E00, 0x1F00)) return base_letter(c, kLatinExtendedBase, 0x1E00);
  if (c < 0xA1) return U' ';
  return fold_beyond_latin(c);
}

CharKind kind_of(char32_t c) {
  if (c < 0x80) {
    if (within(c, U'0', U'9' + 1)) return CharKind::kDigit;
    return within(c, U'a', U'z' + 1) ? CharKind::kWord : CharKind::kSymbol;
  }
  const bool alone = within(c, 0x0E00, 0x0E80) || (within(c, 0x3040, 0x3100) && c != 0x30FB) ||
                     within(c, 0x3400, 0xA000) || within(c, 0xF900, 0xFB00);
  if (alone) return CharKind::kAlone;
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA ? CharKind::kWord : CharKind::kSymbol;
  const bool symbol = c == 0xD7 || c == 0xF7 || c == 0x30FB || within(c, 0x2000, 0x2C00) || within(c, 0x3000, 0x3040) ||
                      within(c, 0xFF00, 0xFF66) || c >= 0x1F000 || c == kReplacementChar;
  return symbol ? CharKind::kSymbol : CharKind::kWord;
}

void read_tokens(const TextWindow& window, TokenFlow& out) {
  TokenWriter writer(out);
  for (const char32_t c : window.head()) writer.put(fold(c));
  writer.end_word();
  for (const char32_t c : window.tail()) writer.put(fold(c));
  writer.finish();
}

}  // namespace hearth
