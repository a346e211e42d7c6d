#include "text/answer_closer.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace hearth {
namespace {

constexpr std::uint32_t kMargin = 1;              // the way is taken when so many tokens more than it needs are left
constexpr std::uint32_t kVariedTokensMax = 160;   // a second look is shorter: it is for patterns, not for long objects
constexpr std::string_view kClosing = "}]\":,0";  // what ends things, in the order of liking; a comma before a digit

bool has(std::span<const std::int32_t> mask, Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  return token >= 0 && bit / 32 < mask.size() && ((static_cast<std::uint32_t>(mask[bit / 32]) >> (bit % 32)) & 1U) != 0;
}

// Smaller is better: what closes, then what is seen, white space and control characters last.
std::uint32_t rank_of(unsigned byte) {
  if (const auto at = kClosing.find(static_cast<char>(byte)); at != std::string_view::npos)
    return static_cast<std::uint32_t>(at);
  if (byte <= ' ' || byte == 0x7F) return 600 + byte;
  // Letters before marks: a backslash opens an escape, a minus a number.
  const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '1' && byte <= '9');
  return (is_letter ? 10 : 300) + byte;
}

}  // namespace

std::optional<Token> AnswerCloser::next(ConstraintMatcher& matcher, std::uint32_t left) {
  if (way_) {
    if (way_->empty()) return std::nullopt;
    const Token token = way_->back();
    way_->pop_back();
    return token;
  }
  if (left > look_at_ || matcher.is_terminated()) return std::nullopt;
  auto way = way_out(matcher, left, Taste::kShortest);
  if (!way) way = way_out(matcher, std::min(left, kVariedTokensMax), Taste::kVaried);
  if (!way) {
    look_at_ = left / 2;
    return std::nullopt;
  }
  const auto spare = left - static_cast<std::uint32_t>(way->size());
  if (spare > kMargin) {
    look_at_ = left - (spare + 1) / 2;  // until then the way may have grown
    return std::nullopt;
  }
  if (way->empty()) return std::nullopt;
  std::ranges::reverse(*way);
  way_ = std::move(way);
  return next(matcher, left);
}

// The tokens from here to where the answer could end; none when that takes more than `left`.
std::optional<std::vector<Token>> AnswerCloser::way_out(ConstraintMatcher& matcher, std::uint32_t left, Taste taste) {
  if (!tokens_) tokens_ = make_tokens_();
  said_.fill(0);
  std::vector<Token> way;
  std::vector<std::int32_t> mask(matcher.mask_words());
  bool found = matcher.is_complete();
  while (!found && way.size() < left) {
    const auto filled = matcher.fill(mask);
    if (!filled) break;
    if (!*filled) std::ranges::fill(mask, -1);
    const Token token = pick(mask, taste);
    if (token < 0 || !matcher.accept(token)) break;
    way.push_back(token);
    found = matcher.is_complete();
  }
  matcher.rollback(way.size());
  if (!found) return std::nullopt;
  return way;
}

Token AnswerCloser::pick(std::span<const std::int32_t> mask, Taste taste) {
  // A pattern may let a closing character be said for ever and end only after another one: then each has its turn.
  constexpr std::uint32_t kTurn = 1000;
  // Outside of strings JSON has none of these marks; inside of one, brackets are text and the quote is the end.
  const bool in_text = has(mask, (*tokens_)['~']) || has(mask, (*tokens_)['z']) || has(mask, (*tokens_)['#']);
  Token best = -1;
  unsigned best_byte = 0;
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (unsigned byte = 0; byte < 256; ++byte) {
    const Token token = (*tokens_)[byte];
    if (!has(mask, token)) continue;
    const std::uint32_t rank = in_text && byte == '"' ? 0 : 1 + rank_of(byte);
    const std::uint32_t cost = rank + (taste == Taste::kVaried ? said_[byte] * kTurn : 0);
    if (cost >= least) continue;
    least = cost;
    best = token;
    best_byte = byte;
  }
  if (best >= 0) {
    ++said_[best_byte];
    return best;
  }
  for (std::size_t word = 0; word < mask.size(); ++word)
    for (int bit = 0; mask[word] != 0 && bit < 32; ++bit)
      if (const auto token = static_cast<Token>(word * 32 + static_cast<unsigned>(bit)); has(mask, token)) return token;
  return -1;
}

}  // namespace hearth
