// Phi-4-mini: <|tool_call|>[{"name": ..., "arguments": {...}}]<|/tool_call|>; Phi-4: functools[{...}].
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

class PhiParser final : public ToolCallParser {
 public:
  PhiParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"<|tool_call|>", "functools["}), calls_(types.rules(false)), close_({"<|/tool_call|>"}) {}

 private:
  void opened(int marker) override {
    calls_.reset();
    close_.reset();
    closing_ = false;
    tagged_ = marker == 0;
    if (!tagged_) (void)calls_.put('[', *this);
  }

  Step body(char c) override {
    if (!closing_) {
      const Step step = calls_.put(c, *this);
      if (step != Step::kDone || !tagged_) return step;
      closing_ = true;
      return Step::kMore;
    }
    const int found = close_.put(c);
    if (found == LiteralMatcher::kMismatch) return Step::kFailed;
    return found == 0 ? Step::kDone : Step::kMore;
  }

  bool ended() override { return closing_ || calls_.between_calls(); }
  [[nodiscard]] bool between_calls() const override { return closing_ || calls_.between_calls(); }
  [[nodiscard]] bool tentative() const override { return !tagged_; }  // functools is a word of Python, too

  JsonCalls calls_;
  LiteralMatcher close_;
  bool closing_ = false;
  bool tagged_ = true;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_phi_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<PhiParser>(sink, types);
}

}  // namespace hearth
