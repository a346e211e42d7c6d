// Guesses the next tokens from what was said before, for speculative decoding without a second model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "domain/token_event.h"
#include "text/draft_gain.h"

namespace hearth {

struct NgramDraftOptions {
  std::size_t ngram_min = 2;  // tokens that must repeat before what followed them is drafted
  std::size_t ngram_max = 4;
  std::size_t tokens_max = 8;  // of one draft
  DraftGainOptions gain{};
};

// One request's history and guesses. draft(), then report() what was accepted, then accept() every token said,
// drafted ones included. Drafts are never wrong, only useless: the model checks them.
// Source: prompt lookup decoding, A. Saxena 2023; as in the paper the longest and then the latest match wins.
// Memory: 12 to 24 bytes a token and n-gram length. Externally synchronised.
class NgramDraft {
 public:
  explicit NgramDraft(const NgramDraftOptions& options = {});

  void accept(Token token);
  void accept(std::span<const Token> tokens) {
    for (const Token token : tokens) accept(token);
  }
  // At most `limit` tokens that followed the longest repeated end of what was said; empty where nothing repeats or
  // drafting is paused. One call a step.
  [[nodiscard]] std::vector<Token> draft(std::size_t limit);
  // How many of the last draft's tokens the model agreed with.
  void report(std::size_t accepted);

  // The measured cost of one more token in a step, relative to a step of one.
  void set_cost(double cost_per_token) { gain_.set_cost(cost_per_token); }
  [[nodiscard]] const DraftFacts& facts() const { return gain_.facts(); }
  [[nodiscard]] bool is_paused() const { return gain_.is_paused(); }

 private:
  [[nodiscard]] std::uint64_t key(std::size_t end, std::size_t n) const;
  [[nodiscard]] std::size_t find_match() const;

  NgramDraftOptions options_;
  std::vector<Token> said_;
  // By n-gram hash: the position after its latest occurrence but for the one at the end of said_.
  std::unordered_map<std::uint64_t, std::uint32_t> after_;
  std::size_t last_drafted_ = 0;
  DraftGain gain_;
};

}  // namespace hearth
