// Generates text for one conversation at a time on one context of a loaded model.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "domain/token_event.h"
#include "hearth/result.h"
#include "plugin_host/runtime.h"

namespace hearth {

struct GenerationRequest {
  std::vector<Token> prompt;     // at least one token
  std::uint32_t max_tokens = 0;  // 0 = until the model ends or the context is full
  SamplingOptions sampling;
  bool ignore_end = false;  // go on past end-of-generation tokens (for measuring)
  CallBounds bounds;
};

struct GenerationResult {
  std::string text;
  std::vector<Token> tokens;  // without the end token
  FinishReason finish = FinishReason::kNone;
  RunMetrics metrics;
};

// Called after each token, on the generating thread; returning false stops the generation (finish: cancelled).
using TokenCallback = std::function<bool(const TokenEvent&)>;

// Sequence 0 of a context. Keeps the cells of the last turn and computes only what is new. Externally synchronised.
class TextGenerator {
 public:
  // Borrows the clock. kInvalidArgument, kOutOfMemory ... as TextModel::new_context.
  static Result<std::unique_ptr<TextGenerator>> create(std::shared_ptr<TextModel> model, const TextOptions& options,
                                                       const Clock& clock);

  // A cancelled run is a result (finish: cancelled) with what was generated so far.
  // kDoesNotFit: the prompt is longer than the context. Other errors: the run failed; the next one starts afresh.
  [[nodiscard]] Result<GenerationResult> generate(const GenerationRequest& request, const TokenCallback& on_token);

  [[nodiscard]] const TextInfo& info() const { return info_; }
  [[nodiscard]] const TextOptions& granted() const { return granted_; }
  [[nodiscard]] const TextModel& model() const { return *model_; }

 private:
  class Run;
  TextGenerator(std::shared_ptr<TextModel> model, std::unique_ptr<TextContext> context, const Clock& clock)
      : model_(std::move(model)), context_(std::move(context)), clock_(clock) {}

  // Trims the sequence to what it shares with `prompt`; returns how many leading tokens stay.
  [[nodiscard]] Result<std::uint32_t> reuse_prefix(const std::vector<Token>& prompt);
  struct TokenFacts {
    std::uint32_t attributes = 0;  // HEARTH_TOKEN_* bits
    std::string bytes;             // empty for control tokens
  };
  // Asked of the runtime once a token: in a worker each question is a round trip.
  [[nodiscard]] Result<const TokenFacts*> token_facts(Token token);

  std::shared_ptr<TextModel> model_;  // shared: the caller tokenises with it meanwhile
  std::unique_ptr<TextContext> context_;
  const Clock& clock_;
  TextInfo info_;
  TextOptions granted_;
  std::vector<Token> cells_;                           // the tokens whose cells sequence 0 holds
  std::unordered_map<Token, TokenFacts> token_facts_;  // at most n_vocab entries
};

}  // namespace hearth
