// How an answer of /completion looks: llama-server's fields, in one body or chunk by chunk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "serve/llama_request.h"
#include "serve/stream_sink.h"

namespace hearth::serve {

// What an answer tells of its request.
struct LlamaAnswerHead {
  Json settings;
  std::uint32_t max_tokens = 0;  // 0: no bound
  std::uint32_t choices = 1;     // of each prompt
  LlamaWishes wishes{};
  std::vector<std::string> prompts{};          // as texts
  std::vector<std::uint32_t> prompt_tokens{};  // of each; empty where the engine alone knows, for one prompt
  std::vector<std::string> ignored{};
};

// A stream has chunks {"index", "content", "tokens", "stop": false, ...} and, for each choice, a last one with "stop":
// true and everything else; without the [DONE] of OpenAI's streams. Of several prompts or choices the whole answer is a
// list. Times of several prompts are those of the first.
class LlamaAnswer final : public AnswerForm {
 public:
  explicit LlamaAnswer(LlamaAnswerHead head);

  void begin(const TextAccepted& accepted, std::string& out) override;
  void delta(const TextDelta& delta, std::string& out) override;
  void choice_end(const ChoiceEnd& end, std::string& out) override;
  void end(const TextEnd& end, std::string& out) override;
  void error(const Error& error, std::string& out) override;
  [[nodiscard]] Error in_dialect(const Error& error) const override;
  std::string whole(const WholeAnswer& answer) override;

 private:
  struct Progress {
    std::uint32_t tokens = 0;
    bool has_new_line = false;
    ChoiceEnd end;
  };
  [[nodiscard]] std::uint32_t prompt_tokens(std::size_t choice) const;
  // All but content, tokens and probabilities are the same in both forms.
  [[nodiscard]] Json last_fields(std::size_t choice, const Progress& progress, const TextEnd& end) const;
  [[nodiscard]] Json chosen_fields(const Json& fields) const;

  LlamaAnswerHead head_;
  TextAccepted accepted_;
  std::vector<Progress> progress_;
};

}  // namespace hearth::serve
