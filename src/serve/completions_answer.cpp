// Completions as they are written, with logprobs in the form of old.
#include <algorithm>

#include "serve/completions.h"
#include "serve/json_writer.h"
#include "text/utf8_stream.h"

namespace hearth::serve {
namespace {

// A token as a key: bytes that are no text are spelled out, so that two of them stay two.
std::string token_key(const std::string& bytes) {
  if (utf8_sanitized(bytes) == bytes) return bytes;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string key = "bytes:";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    key += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
  }
  return key;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void append_top(std::string& out, const TokenLogprobs& token) {
  out += '{';
  bool has_chosen = false;
  const auto add = [&](const NamedLogprob& named) {
    if (out.back() != '{') out += ',';
    append_json_string(out, token_key(named.bytes));
    out += ':';
    append_json_number(out, sayable(named.logprob));
  };
  for (const NamedLogprob& top : token.top) {
    has_chosen = has_chosen || top.token == token.chosen.token;
    add(top);
  }
  if (!has_chosen) add(token.chosen);
  out += '}';
}

// `offset`: characters of the text before the first of these tokens; moves on.
void append_legacy_logprobs(std::string& out, const std::vector<TokenLogprobs>& logprobs, std::size_t& offset) {
  std::string values = R"(],"token_logprobs":[)", tops = R"(],"top_logprobs":[)", offsets = R"(],"text_offset":[)";
  out += R"({"tokens":[)";
  for (const TokenLogprobs& token : logprobs) {
    if (&token != logprobs.data())
      for (std::string* list : {&out, &values, &tops, &offsets}) *list += ',';
    append_json_string(out, token_key(token.chosen.bytes));
    append_json_number(values, sayable(token.chosen.logprob));
    append_top(tops, token);
    append_json_number(offsets, offset);
    offset += characters(token.chosen.bytes);
  }
  out += values + tops + offsets + "]}";
}

class CompletionAnswer final : public AnswerForm {
 public:
  explicit CompletionAnswer(CompletionAnswerOptions options)
      : options_(std::move(options)), choices_(options_.choices * options_.prompts) {
    for (std::size_t i = 0; i < choices_.size(); ++i) choices_[i].offset = characters(echo(i));
  }

  void begin(const TextAccepted& accepted, std::string&) override {
    take(accepted);
    prefix_ = "data: {";
    append_head(prefix_, options_.head, "text_completion");
    prefix_ += R"("choices":[)";
    append_hearth(first_, options_.head);
  }

  void delta(const TextDelta& delta, std::string& out) override {
    Choice& choice = choices_.at(delta.choice);
    choice.logprobs.insert(choice.logprobs.end(), delta.logprobs.begin(), delta.logprobs.end());
    std::string text;
    for (const OutputEvent& event : delta.events)
      if (event.kind == OutputKind::kContent) text += event.text;
    if (!text.empty()) chunk(delta.choice, std::move(text), {}, out);
  }
  void choice_end(const ChoiceEnd& end, std::string& out) override {
    chunk(end.choice, {}, finish_name(end.finish, false), out);
  }
  void end(const TextEnd& end, std::string& out) override {
    if (options_.include_usage || options_.timings) {
      out += prefix_;
      out += R"(],"usage":)";
      append_usage(out, end.usage, 0);
      if (options_.timings) append_timings(out, end);
      out += "}\n\n";
    }
    append_sse_data(out, "[DONE]");
  }
  void error(const Error& error, std::string& out) override { append_stream_error(out, error); }
  [[nodiscard]] Error in_dialect(const Error& error) const override { return openai_error(error); }

  std::string whole(const WholeAnswer& answer) override {
    take(answer.accepted);
    std::string out = "{";
    append_head(out, options_.head, "text_completion");
    out += R"("choices":[)";
    for (std::size_t i = 0; i < answer.choices.size(); ++i) {
      if (i > 0) out += ',';
      const WholeChoice& choice = answer.choices[i];
      append_choice(out, i, echo(i) + choice.output.content, choice.logprobs, finish_name(choice.finish, false));
    }
    out += R"(],"usage":)";
    append_usage(out, answer.end.usage, 0);
    if (options_.timings) append_timings(out, answer.end);
    append_hearth(out, options_.head);
    return out += '}';
  }

 private:
  struct Choice {
    bool begun = false;
    std::size_t offset = 0;               // of the next token in the text, in characters
    std::vector<TokenLogprobs> logprobs;  // not yet sent
  };

  void take(const TextAccepted& accepted) {
    options_.head.model = accepted.model;
    auto& notices = options_.head.notices;
    notices.insert(notices.end(), accepted.notices.begin(), accepted.notices.end());
  }
  [[nodiscard]] std::string echo(std::size_t choice) const {
    return options_.echoes.empty() ? std::string() : options_.echoes.at(choice / options_.choices);
  }
  void append_choice(std::string& out, std::size_t index, std::string_view text,
                     const std::vector<TokenLogprobs>& logprobs, std::string_view finish) {
    out += R"({"text":)";
    append_json_string(out, text);
    out += R"(,"index":)";
    append_json_number(out, index);
    out += R"(,"logprobs":)";
    if (options_.logprobs) {
      append_legacy_logprobs(out, logprobs, choices_[index].offset);
    } else {
      out += "null";
    }
    out += R"(,"finish_reason":)";
    if (finish.empty()) {
      out += "null}";
    } else {
      append_json_string(out, finish);
      out += '}';
    }
  }
  void chunk(std::uint32_t index, std::string text, std::string_view finish, std::string& out) {
    Choice& choice = choices_.at(index);
    if (!choice.begun) text.insert(0, echo(index));
    choice.begun = true;
    out += prefix_;
    append_choice(out, index, text, choice.logprobs, finish);
    choice.logprobs.clear();
    out += options_.include_usage ? R"(],"usage":null)" : "]";
    out += first_;
    first_.clear();
    out += "}\n\n";
  }

  CompletionAnswerOptions options_;
  std::vector<Choice> choices_;  // prompt after prompt
  std::string prefix_;           // of all chunks of this stream
  std::string first_;            // what only the first chunk says
};

}  // namespace

std::unique_ptr<AnswerForm> completion_answer(CompletionAnswerOptions options) {
  return std::make_unique<CompletionAnswer>(std::move(options));
}

}  // namespace hearth::serve
