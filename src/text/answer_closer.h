// Brings a constrained answer to a valid end before its tokens run out: a model may go on with a number, a string or
// white space for ever, and JSON that breaks off is none.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "text/constraint.h"

namespace hearth {

// The token that is one byte and nothing else, by byte; -1 where the vocabulary has none.
using ByteTokens = std::array<Token, 256>;

// Follows one answer. Externally synchronised.
class AnswerCloser {
 public:
  // `tokens` is called once, and only for an answer that comes near its limit.
  explicit AnswerCloser(std::function<ByteTokens()> tokens) : make_tokens_(std::move(tokens)) {}

  // What must be said now for the answer to be complete within `left` more tokens (this one included); nothing while
  // there is time, or where no way to an end is found. The matcher is left as it was.
  // Cost: nothing but for some ten calls over an answer, each as much as masks for the rest of the answer.
  [[nodiscard]] std::optional<Token> next(ConstraintMatcher& matcher, std::uint32_t left);

 private:
  enum class Taste { kShortest, kVaried };
  [[nodiscard]] std::optional<std::vector<Token>> way_out(ConstraintMatcher& matcher, std::uint32_t left, Taste taste);
  [[nodiscard]] Token pick(std::span<const std::int32_t> mask, Taste taste);

  std::function<ByteTokens()> make_tokens_;
  std::optional<ByteTokens> tokens_;
  std::array<std::uint32_t, 256> said_{};  // by byte, on the way that is looked for
  std::uint32_t look_at_ = kHorizon;       // tokens left at which to look again
  std::optional<std::vector<Token>> way_;  // backwards: once it is taken it is kept to
  static constexpr std::uint32_t kHorizon = 512;
};

}  // namespace hearth
