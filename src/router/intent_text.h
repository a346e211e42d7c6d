// The part of a text that stage 2 looks at, and the tokens in it. The same as tools/train/router/text_features.py: a
// fixture holds both together, since the weights are trained on what that computes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hearth {

// The bounded look in code points: the beginning and the end of a text, where instructions stand.
inline constexpr std::size_t kIntentHeadChars = 800;
inline constexpr std::size_t kIntentTailChars = 400;
inline constexpr std::size_t kIntentWindowChars = kIntentHeadChars + kIntentTailChars;
// Tokens that count as the beginning and as the end. Source: our choice; 24 words hold an instruction.
inline constexpr std::size_t kIntentEdgeTokens = 24;
// Beginning and end. What lies between says what a text is about, not what is asked: left out, whole unseen sources are
// told 11 points better. Source: tools/train/router, sources left out in turn.
inline constexpr std::size_t kIntentSegments = 2;
inline constexpr std::size_t kMiddleSegment = 2;  // of tokens that are passed over

// Code points of the beginning and, behind them, of the end. Filled by read_window; 5 KB, meant for the stack.
struct TextWindow {
  std::array<char32_t, kIntentWindowChars> chars;
  std::size_t n_head = 0;
  std::size_t n = 0;
  [[nodiscard]] std::span<const char32_t> all() const { return {chars.data(), n}; }
  [[nodiscard]] std::span<const char32_t> head() const { return {chars.data(), n_head}; }
  [[nodiscard]] std::span<const char32_t> tail() const { return {chars.data() + n_head, n - n_head}; }
};

// A byte that belongs to no valid UTF-8 becomes U+FFFD. Touches at most some 5 KB however long the text is.
void read_window(std::string_view text, TextWindow& window);

// How a code point is looked up: lower case without marks; U+0020 for white space and controls, 0 for what is left out
// (combining and direction marks, zero-width signs).
[[nodiscard]] char32_t fold(char32_t c);

// Of a folded code point that is neither 0 nor U+0020.
enum class CharKind : std::uint8_t { kWord, kDigit, kAlone, kSymbol };  // kAlone: a word by itself, as in Chinese
[[nodiscard]] CharKind kind_of(char32_t c);

// Folded text as one flow in which a blank stands before each token and one at the end. 25 KB, meant for the stack.
struct TokenFlow {
  // A token is at least one character, and has one blank.
  std::array<char32_t, 2 * kIntentWindowChars + 1> flow;
  std::array<std::uint16_t, kIntentWindowChars + 1>
      starts;  // of each token behind its blank; last: the final blank + 1
  std::size_t n_flow = 0;
  std::size_t n_tokens = 0;
  [[nodiscard]] std::span<const char32_t> token(std::size_t i) const {
    return {flow.data() + starts[i], static_cast<std::size_t>(starts[i + 1] - starts[i] - 1)};
  }
  // 0 beginning, 1 end, kMiddleSegment between.
  [[nodiscard]] std::size_t segment(std::size_t i) const {
    if (i < kIntentEdgeTokens) return 0;
    return i + kIntentEdgeTokens >= n_tokens ? 1 : kMiddleSegment;
  }
};

// Words, numbers and signs of both parts of the window. A word of more than 24 characters is cut, a number's digits
// count to four: hostile text makes no long token.
void read_tokens(const TextWindow& window, TokenFlow& out);

}  // namespace hearth
