// One answer being written: from rows of logits to tokens, text and what the text turns out to be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/prepared_request.h"
#include "engine/text_request.h"
#include "engine/vocabulary.h"
#include "plugin_host/runtime.h"
#include "text/answer_closer.h"
#include "text/constraint.h"
#include "text/ngram_draft.h"
#include "text/output_parser.h"
#include "text/sampler.h"
#include "text/stop_strings.h"
#include "text/utf8_stream.h"

namespace hearth {

// Externally synchronised. Borrows the request and the vocabulary.
class TextAnswer {
 public:
  TextAnswer(const PreparedRequest& request, const Vocabulary& vocabulary, std::uint32_t choice);

  // Logits [rows, n_vocab] that follow the last token and then each drafted one, which are `drafts`: rows = drafts + 1.
  struct Advance {
    std::uint32_t accepted_drafts = 0;
    bool ended = false;  // finish() says why
  };
  // kInternal when the constraint's library fails. What was said is appended to `delta`.
  [[nodiscard]] Result<Advance> advance(const RowsView& rows, std::uint32_t first_row, std::span<const Token> drafts,
                                        TextDelta& delta);
  // No further token comes: what was held back goes into `delta`. Once.
  [[nodiscard]] ChoiceEnd finish(FinishReason reason, TextDelta& delta);

  // Guesses for the next step; empty where drafting doesn't pay.
  [[nodiscard]] std::vector<Token> draft(std::size_t limit, double cost_per_token);
  [[nodiscard]] const DraftFacts& draft_facts() const { return draft_.facts(); }

  // All that was said, end tokens left out; prompt() and these are what the context holds.
  [[nodiscard]] const std::vector<Token>& said() const { return said_; }
  [[nodiscard]] FinishReason finish_reason() const { return finish_; }

 private:
  [[nodiscard]] Result<std::span<const std::int32_t>> mask();
  [[nodiscard]] std::optional<Token> closing_token();
  [[nodiscard]] bool take(Token token, std::span<const float> logits, TextDelta& delta);
  void show(std::string text, TextDelta& delta);
  void add_events(std::vector<OutputEvent> events, TextDelta& delta);
  void add_logprobs(Token token, std::span<const float> logits, TextDelta& delta) const;

  const PreparedRequest& request_;
  const Vocabulary& vocabulary_;
  std::uint32_t choice_;
  Sampler sampler_;
  NgramDraft draft_;
  std::optional<ConstraintMatcher> matcher_;
  std::optional<AnswerCloser> closer_;  // with matcher_
  std::vector<std::int32_t> mask_;
  Utf8Stream utf8_;
  StopStrings stops_;
  std::optional<OutputParser> parser_;
  std::vector<Token> said_;
  FinishReason finish_ = FinishReason::kNone;
  bool drafted_ = false;  // the drafts of the next advance() are draft_'s
  bool cut_ = false;      // ended in mid-text after a call: nothing more is shown
};

}  // namespace hearth
