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

// Immutable; borrows script and vocabulary.
class Story {
 public:
  Story(const Script& script, const Vocabulary& vocabulary) : script_(script), vocabulary_(vocabulary) {}

  // The token that greedy sampling must find. Adapters of scale 0.5 and above are asked before the script.
  [[nodiscard]] hearth_token next(History history, std::span<const StoryAdapter> adapters) const;
  // [n_vocab]: `next` at 10, all others in [-1, 1) by a hash of the whole history and the adapters, so that a lost, a
  // doubled or a swapped token shows in every logit.
  void logits(History history, std::span<const StoryAdapter> adapters, std::span<float> row) const;
  // [n_embd]: "none" is the last token's, coloured by its history; "last", "cls" and "mean" by their usual meaning.
  void embedding(History history, const std::string& pooling, std::span<float> row) const;

 private:
  [[nodiscard]] hearth_token said(const std::vector<Reply>& replies, const std::string& text) const;
  [[nodiscard]] hearth_token continuation(const std::string& say, std::string_view done) const;
  [[nodiscard]] hearth_token otherwise(History history) const;

  const Script& script_;
  const Vocabulary& vocabulary_;
};

}  // namespace hearth::fake
