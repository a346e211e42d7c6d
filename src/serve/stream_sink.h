// From an engine's events to an HTTP answer: a stream as they come, or one body at the end. What the bytes look like is
// a dialect's AnswerForm.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/output_event.h"
#include "engine/text_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// How many tokens of one choice were reasoning: those of deltas that end in it, and those that gave no text inside it.
class ReasoningTally {
 public:
  void add(const TextDelta& delta) {
    if (!delta.events.empty()) inside_ = delta.events.back().kind == OutputKind::kReasoning;
    if (inside_) tokens_ += static_cast<std::uint32_t>(delta.tokens.size());
  }
  [[nodiscard]] std::uint32_t tokens() const { return tokens_; }

 private:
  bool inside_ = false;
  std::uint32_t tokens_ = 0;
};

struct WholeChoice {
  ParsedOutput output;
  std::vector<Token> tokens;
  std::vector<TokenLogprobs> logprobs;  // where asked for
  ReasoningTally reasoning;
  FinishReason finish = FinishReason::kNone;
  std::string stop_matched;
};

// All that came of a request. Of several prompts: prompt tokens, usage and notices of all together.
struct WholeAnswer {
  TextAccepted accepted;
  std::vector<WholeChoice> choices;  // prompt after prompt
  TextEnd end;
};

// Writes the answer of one request in a dialect. Used by one thread at a time; appends complete events to `out`.
class AnswerForm {
 public:
  virtual ~AnswerForm() = default;

  // Streams: begin(), then delta()s with one choice_end() for each choice, then end(); or error() after begin().
  virtual void begin(const TextAccepted& accepted, std::string& out) = 0;
  virtual void delta(const TextDelta& delta, std::string& out) = 0;
  virtual void choice_end(const ChoiceEnd& end, std::string& out) = 0;
  virtual void end(const TextEnd& end, std::string& out) = 0;
  virtual void error(const Error& error, std::string& out) = 0;

  // An error that is answered with its HTTP status, as the dialect's clients know it.
  [[nodiscard]] virtual Error in_dialect(const Error& error) const { return error; }

  // True: begin(), delta() and choice_end() are called for whole bodies too, their output is dropped, and whole() gets
  // no choices.
  [[nodiscard]] virtual bool follows() const { return false; }
  // Else: the body, as JSON.
  virtual std::string whole(const WholeAnswer& answer) = 0;
};

struct AnswerOrder {
  std::vector<TextRequest> requests;  // one a prompt, each with as many choices; their choices are counted through
  std::unique_ptr<AnswerForm> form;
  bool stream = false;
  Headers headers{};  // of the answer, whatever it is
};

// Submits the requests and answers the exchange. Until all of them are accepted nothing is sent, so that an error has
// its HTTP status; later errors go through AnswerForm::error. A client that leaves or reads too slowly cancels all.
// The service must outlive the exchange.
void answer_text(TextService& service, std::shared_ptr<Exchange> exchange, AnswerOrder order);

}  // namespace hearth::serve
