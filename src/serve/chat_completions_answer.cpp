// Chat completions as they are written: chunks whose constant part is built once, and the whole body.
#include "serve/chat_completions.h"
#include "serve/json_writer.h"

namespace hearth::serve {
namespace {

constexpr std::string_view kBrokenCall = "a tool call broke off or broke its syntax: its arguments are no whole JSON";
constexpr std::size_t kChunkBytes = 160;  // of a usual chunk beside its constant part

void append_call(std::string& out, const ToolCall& call) {
  out += R"({"id":)";
  append_json_string(out, call.id);
  out += R"(,"type":"function","function":{"name":)";
  append_json_string(out, call.name);
  out += R"(,"arguments":)";
  append_json_string(out, call.arguments_json);
  out += "}}";
}

// The inside of "message".
void append_message(std::string& out, const ParsedOutput& output) {
  out += R"("role":"assistant","content":)";
  if (output.content.empty() && (!output.calls.empty() || !output.reasoning.empty())) {
    out += "null";
  } else {
    append_json_string(out, output.content);
  }
  out += R"(,"refusal":null)";
  if (!output.reasoning.empty()) {
    out += R"(,"reasoning_content":)";
    append_json_string(out, output.reasoning);
  }
  for (std::size_t i = 0; i < output.calls.size(); ++i) {
    out += i == 0 ? R"(,"tool_calls":[)" : ",";
    append_call(out, output.calls[i]);
  }
  if (!output.calls.empty()) out += ']';
}

// The inside of a chunk's "delta"; empty for what clients are not told.
void append_delta(std::string& out, const OutputEvent& event) {
  switch (event.kind) {
    case OutputKind::kContent:
    case OutputKind::kReasoning:
      if (event.text.empty()) return;
      out += event.kind == OutputKind::kContent ? R"("content":)" : R"("reasoning_content":)";
      return append_json_string(out, event.text);
    case OutputKind::kCallStart:
      out += R"("tool_calls":[{"index":)";
      append_json_number(out, event.call_index);
      out += R"(,"id":)";
      append_json_string(out, event.call_id);
      out += R"(,"type":"function","function":{"name":)";
      append_json_string(out, event.call_name);
      out += R"(,"arguments":""}}])";
      return;
    case OutputKind::kCallArguments:
      if (event.text.empty()) return;
      out += R"("tool_calls":[{"index":)";
      append_json_number(out, event.call_index);
      out += R"(,"function":{"arguments":)";
      append_json_string(out, event.text);
      out += "}}]";
      return;
    case OutputKind::kCallEnd: return;
  }
}

class ChatAnswer final : public AnswerForm {
 public:
  explicit ChatAnswer(ChatAnswerOptions options) : options_(std::move(options)), choices_(options_.choices) {}

  void begin(const TextAccepted& accepted, std::string&) override {
    take(accepted);
    prefix_ = "data: {";
    append_head(prefix_, options_.head, "chat.completion.chunk");
    prefix_ += R"("choices":[)";
    append_hearth(next_, options_.head);
  }

  void delta(const TextDelta& delta, std::string& out) override {
    Choice& choice = choices_.at(delta.choice);
    choice.reasoning.add(delta);
    choice.logprobs.insert(choice.logprobs.end(), delta.logprobs.begin(), delta.logprobs.end());
    out.reserve(out.size() + delta.events.size() * (prefix_.size() + kChunkBytes));
    for (const OutputEvent& event : delta.events) {
      inner_.clear();
      append_delta(inner_, event);
      choice.called = choice.called || event.kind == OutputKind::kCallStart;
      choice.broken = choice.broken || (event.kind == OutputKind::kCallEnd && event.malformed);
      if (inner_.empty()) continue;
      open(delta.choice, choice, out);
      chunk(delta.choice, inner_, {}, out);
    }
  }

  void choice_end(const ChoiceEnd& end, std::string& out) override {
    Choice& choice = choices_.at(end.choice);
    open(end.choice, choice, out);
    if (choice.broken) append_hearth(next_, broken_call());
    chunk(end.choice, {}, finish_name(end.finish, choice.called), out);
  }

  void end(const TextEnd& end, std::string& out) override {
    if (options_.include_usage || options_.timings) {
      std::uint32_t reasoning = 0;
      for (const Choice& choice : choices_) reasoning += choice.reasoning.tokens();
      out += prefix_;
      out += R"(],"usage":)";
      append_usage(out, end.usage, reasoning);
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
    append_head(out, options_.head, "chat.completion");
    out += R"("choices":[)";
    std::uint32_t reasoning = 0;
    for (std::size_t i = 0; i < answer.choices.size(); ++i) {
      if (i > 0) out += ',';
      append_choice(out, i, answer.choices[i]);
      reasoning += answer.choices[i].reasoning.tokens();
      for (const ToolCall& call : answer.choices[i].output.calls)
        if (call.malformed) options_.head.notices.emplace_back(kBrokenCall);
    }
    out += R"(],"usage":)";
    append_usage(out, answer.end.usage, reasoning);
    if (options_.timings) append_timings(out, answer.end);
    append_hearth(out, options_.head);
    return out += '}';
  }

 private:
  struct Choice {
    bool open = false;
    bool called = false;
    bool broken = false;
    ReasoningTally reasoning;
    std::vector<TokenLogprobs> logprobs;  // not yet sent: their text is held back
  };

  static AnswerHead broken_call() {
    AnswerHead head;
    head.notices.emplace_back(kBrokenCall);
    return head;
  }
  void take(const TextAccepted& accepted) {
    options_.head.model = accepted.model;
    auto& notices = options_.head.notices;
    notices.insert(notices.end(), accepted.notices.begin(), accepted.notices.end());
  }
  void append_choice(std::string& out, std::size_t index, const WholeChoice& choice) const {
    out += R"({"index":)";
    append_json_number(out, index);
    out += R"(,"message":{)";
    append_message(out, choice.output);
    out += R"(},"logprobs":)";
    append_logprob_member(out, choice.logprobs);
    out += R"(,"finish_reason":)";
    append_json_string(out, finish_name(choice.finish, !choice.output.calls.empty()));
    out += '}';
  }
  void append_logprob_member(std::string& out, const std::vector<TokenLogprobs>& logprobs) const {
    if (!options_.logprobs) {
      out += "null";
      return;
    }
    out += R"({"content":)";
    append_logprobs(out, logprobs);
    out += R"(,"refusal":null})";
  }
  // The chunk that names the role comes before a choice's first.
  void open(std::uint32_t index, Choice& choice, std::string& out) {
    if (choice.open) return;
    choice.open = true;
    std::vector<TokenLogprobs> later;
    later.swap(choice.logprobs);
    chunk(index, R"("role":"assistant","content":"")", {}, out);
    choice.logprobs.swap(later);
  }
  void chunk(std::uint32_t index, std::string_view delta, std::string_view finish, std::string& out) {
    std::vector<TokenLogprobs>& logprobs = choices_[index].logprobs;
    out += prefix_;
    out += R"({"index":)";
    append_json_number(out, index);
    out += R"(,"delta":{)";
    out += delta;
    out += R"(},"logprobs":)";
    if (logprobs.empty()) {
      out += "null";
    } else {
      append_logprob_member(out, logprobs);
      logprobs.clear();
    }
    out += R"(,"finish_reason":)";
    if (finish.empty()) {
      out += "null}]";
    } else {
      append_json_string(out, finish);
      out += "}]";
    }
    if (options_.include_usage) out += R"(,"usage":null)";
    out += next_;
    next_.clear();
    out += "}\n\n";
  }

  ChatAnswerOptions options_;
  std::vector<Choice> choices_;
  std::string prefix_;  // of all chunks of this stream
  std::string next_;    // what only the next chunk says beside its choice
  std::string inner_;   // kept for its room
};

}  // namespace

std::unique_ptr<AnswerForm> chat_answer(ChatAnswerOptions options) {
  return std::make_unique<ChatAnswer>(std::move(options));
}

}  // namespace hearth::serve
