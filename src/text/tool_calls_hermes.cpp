// Hermes, Qwen 2.5, Qwen 3: <tool_call>{"name": ..., "arguments": {...}}</tool_call>, one element a call.
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

class HermesParser final : public ToolCallParser {
 public:
  HermesParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"<tool_call>"}), calls_(types.rules(false)), close_({"</tool_call>", "{"}) {}

 private:
  void opened(int /*marker*/) override {
    calls_.reset();
    close_.reset();
    closing_ = false;
  }

  Step body(char c) override {
    if (!closing_) {
      const Step step = calls_.put(c, *this);
      closing_ = step == Step::kDone;
      return closing_ ? Step::kMore : step;
    }
    switch (close_.put(c)) {
      case LiteralMatcher::kMismatch: return Step::kFailed;
      case 0: return Step::kDone;
      case 1:  // several calls in one element
        opened(0);
        return body(c);
      default: return Step::kMore;
    }
  }

  bool ended() override { return closing_; }
  [[nodiscard]] bool between_calls() const override { return closing_ || calls_.between_calls(); }

  JsonCalls calls_;
  LiteralMatcher close_;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_hermes_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<HermesParser>(sink, types);
}

}  // namespace hearth
