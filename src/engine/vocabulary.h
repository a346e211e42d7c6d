// All tokens of a loaded model, read once: what sampling, streaming and constraints ask of each token at every step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/token_event.h"
#include "hearth/result.h"
#include "plugin_host/runtime.h"
#include "text/answer_closer.h"
#include "text/constraint.h"

namespace hearth {

// Immutable and thread-safe; holds nothing of the model. Tokens outside the vocabulary have no text and no attributes.
class Vocabulary {
 public:
  // Errors as TextModel::token_table; kInvalidData when the texts are longer than 1 GiB together.
  // Cost: one call of the runtime where its plugin can give the whole table, else three a token.
  static Result<std::shared_ptr<const Vocabulary>> read(const TextModel& model);

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  // The bytes of a token, maybe half a character; control tokens give nothing unless `special`. Borrowed from this.
  [[nodiscard]] std::string_view piece(Token token, bool special = false) const;
  [[nodiscard]] std::string text(std::span<const Token> tokens, bool special = false) const;
  [[nodiscard]] std::uint32_t attributes(Token token) const;  // HEARTH_TOKEN_* bits
  [[nodiscard]] bool is_control(Token token) const { return (attributes(token) & HEARTH_TOKEN_CONTROL) != 0; }
  [[nodiscard]] bool is_end(Token token) const { return (attributes(token) & HEARTH_TOKEN_END) != 0; }
  // Those that end a generation, in order; may be empty.
  [[nodiscard]] const std::vector<Token>& end_tokens() const { return end_tokens_; }

  // For constraints: control, end and unused tokens without bytes, so that no grammar admits them as text.
  [[nodiscard]] ConstraintVocabulary constraint_vocabulary() const;
  // The tokens that are one byte, of those that constraints see. Cost: a look at every token.
  [[nodiscard]] ByteTokens byte_tokens() const;

 private:
  struct Entry {
    std::uint32_t bytes_at = 0;  // in texts_
    std::uint32_t bytes_size = 0;
    std::uint32_t written_at = 0;
    std::uint32_t written_size = 0;
    std::uint32_t attributes = 0;
  };
  Vocabulary() = default;
  void add(const TokenRow& row);
  [[nodiscard]] const Entry* find(Token token) const {
    return token >= 0 && static_cast<std::size_t>(token) < entries_.size() ? &entries_[static_cast<std::size_t>(token)]
                                                                           : nullptr;
  }

  std::string texts_;  // of all tokens, one after the other
  std::vector<Entry> entries_;
  std::vector<Token> end_tokens_;
};

// Why tokens of one can't stand for tokens of the other: the first that differs, in words. Empty: they can, each token
// of the smaller is written the same in the larger. Tokens beyond the smaller one must be unused or control tokens.
[[nodiscard]] std::string difference(const Vocabulary& a, const Vocabulary& b);

}  // namespace hearth
