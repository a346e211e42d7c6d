// Llama 3.x: the whole answer is {"name": ..., "parameters": {...}}, several joined by ';', or <|python_tag|> and then
// such a call, a built-in tool's name.call(key="value"), or code for the interpreter.
#include "text/python_call.h"
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

// The tool that Llama's system prompt calls ipython; the name that its API gives to the calls of it.
constexpr std::string_view kInterpreter = "code_interpreter";
constexpr std::string_view kCallSuffix = ".call";

class LlamaParser final : public ToolCallParser {
 public:
  LlamaParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"<|python_tag|>"}, "{"), tagged_(types.rules(false)), bare_(types.rules(true)) {}

 private:
  enum class Phase { kFirst, kJson, kAfterJson, kCode };

  void opened(int marker) override {
    is_tagged_ = marker != kBare;
    calls().reset();
    code_.clear();
    phase_ = is_tagged_ ? Phase::kFirst : Phase::kJson;
  }

  JsonCalls& calls() { return is_tagged_ ? tagged_ : bare_; }

  Step body(char c) override {
    switch (phase_) {
      case Phase::kFirst:
        if (is_space(c)) return Step::kMore;
        phase_ = c == '{' ? Phase::kJson : Phase::kCode;
        return body(c);
      case Phase::kJson: {
        const Step step = calls().put(c, *this);
        if (step == Step::kDone) phase_ = Phase::kAfterJson;
        return step == Step::kDone ? Step::kMore : step;
      }
      case Phase::kAfterJson:
        if (is_space(c)) return Step::kMore;
        if (c != ';') return Step::kDoneBefore;
        phase_ = Phase::kJson;
        calls().reset();
        return Step::kMore;
      default: code_ += c; return Step::kMore;
    }
  }

  bool ended() override {
    if (phase_ != Phase::kCode) return phase_ == Phase::kAfterJson;
    const auto found = parse_python_calls(code_);
    const bool is_builtin = found && found->size() == 1 && found->front().name.ends_with(kCallSuffix);
    if (is_builtin) {
      const std::string& name = found->front().name;
      report(name.substr(0, name.size() - kCallSuffix.size()), found->front().arguments_json);
    } else {
      report(kInterpreter, "{\"code\": \"" + json_escaped(code_) + "\"}");
    }
    return true;
  }

  void report(std::string_view name, std::string_view arguments) {
    start_call(name, {});
    call_arguments(arguments);
    end_call(false);
  }

  [[nodiscard]] bool tentative() const override { return !is_tagged_; }

  JsonCalls tagged_, bare_;
  bool is_tagged_ = false;
  std::string code_;
  Phase phase_ = Phase::kFirst;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_llama_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<LlamaParser>(sink, types);
}

}  // namespace hearth
