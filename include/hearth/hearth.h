// The public C++ interface: bring a text model up on this machine and let it answer. Link libhearth.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// "MAJOR.MINOR.PATCH" of the library.
[[nodiscard]] HEARTH_API const char* library_version();

// How to open a model. Zero and empty mean: Hearth decides.
struct OpenOptions {
  std::string model = "starter";     // a file, or a name in the store
  std::string home;                  // store and caches; empty: HEARTH_HOME or the platform's data folder
  std::string prefix;                // where Hearth is installed; empty: found from the running program
  std::uint32_t context_length = 0;  // tokens, prompt and answer together
  std::uint32_t n_threads = 0;
  bool isolated = true;  // files that never loaded before run in a worker process
};

// One turn of a conversation: role is "system", "user" or "assistant".
struct Turn {
  std::string role;
  std::string content;
};

struct AnswerOptions {
  std::uint32_t max_tokens = 0;  // 0: until the model ends
  float temperature = 0.8F;      // 0 takes the likeliest token
  std::uint64_t seed = 0;
};

struct Answer {
  std::string text;           // UTF-8
  std::string finish_reason;  // "stop", "length", "cancelled"
  std::uint32_t prompt_tokens = 0;
  std::uint32_t completion_tokens = 0;
  double ttft_ms = 0;       // request accepted to first output token
  double decode_tok_s = 0;  // 0 when fewer than two tokens came
};

// Called with each piece of text, on the calling thread; returning false stops the answer.
using OnText = std::function<bool(std::string_view)>;

// A model that is up. One thread at a time. Conversations that go on keep what is computed already.
class HEARTH_API TextModelSession {
 public:
  // Errors as the command line gives them: kNotFound, kInvalidData, kDoesNotFit, kUnavailable ...
  static Result<std::unique_ptr<TextModelSession>> open(const OpenOptions& options);
  ~TextModelSession();
  TextModelSession(const TextModelSession&) = delete;
  TextModelSession& operator=(const TextModelSession&) = delete;

  // Answers the conversation by the model's own chat template.
  [[nodiscard]] Result<Answer> chat(const std::vector<Turn>& conversation, const AnswerOptions& options = {},
                                    const OnText& on_text = {});
  // Continues the text as it is.
  [[nodiscard]] Result<Answer> complete(const std::string& text, const AnswerOptions& options = {},
                                        const OnText& on_text = {});

 private:
  struct State;
  explicit TextModelSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth
