// What the fake model computes: the next token and the embedding as pure functions of a sequence's tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fake_script.h"
#include "fake_vocabulary.h"

namespace hearth::fake {

// Changes the story as an adapter does. Borrowed replies.
struct StoryAdapter {
  const std::vector<Reply>* replies = nullptr;
  float scale = 1.0F;
};

using History = std::span<const hearth_token>;

// What a sequence holds, as far as the next token depends on it: its hash and size, and its end, which is at least
// Story::reach() tokens long or all there is. Keeps a row's cost from growing with the conversation.
struct Past {
  History end;
  std::size_t size = 0;
  std::uint64_t hash = 0;
};
[[nodiscard]] Past whole(History history);

// Immutable; borrows script and vocabulary.
class Story {
 public:
  Story(const Script& script, const Vocabulary& vocabulary);

  // How many of the last tokens next() and logits() look at.
  [[nodiscard]] std::size_t reach(std::span<const StoryAdapter> adapters) const;

  // The token that greedy sampling must find. Adapters of scale 0.5 and above are asked before the script.
  [[nodiscard]] hearth_token next(const Past& past, std::span<const StoryAdapter> adapters) const;
  // [n_vocab]: `next` at 10, all others in [-1, 1) by a hash of the whole history and the adapters, so that a lost, a
  // doubled or a swapped token shows in every logit.
  void logits(const Past& past, std::span<const StoryAdapter> adapters, std::span<float> row) const;
  void logits(History history, std::span<const StoryAdapter> adapters, std::span<float> row) const {
    logits(whole(history), adapters, row);
  }
  // [n_embd]: "none" is the last token's, coloured by its history; "last", "cls" and "mean" by their usual meaning.
  void embedding(History history, const std::string& pooling, std::span<float> row) const;

 private:
  [[nodiscard]] hearth_token said(const std::vector<Reply>& replies, const std::string& text) const;
  [[nodiscard]] hearth_token continuation(const std::string& say, std::string_view done) const;
  [[nodiscard]] hearth_token otherwise(const Past& past) const;

  const Script& script_;
  const Vocabulary& vocabulary_;
  std::vector<hearth_token> text_;  // of the rule 'text'
};

}  // namespace hearth::fake
