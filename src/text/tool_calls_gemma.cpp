// Gemma 3 has no tokens for calls and writes what its prompt shows: Python in a ```tool_code fence, or JSON, bare or in
// a ```json fence.
#include "text/python_call.h"
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

class GemmaParser final : public ToolCallParser {
 public:
  GemmaParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"```tool_code", "```json"}, "{["),
        calls_(types.rules(true)),
        fence_({"```"}),
        close_({"```"}) {}

 private:
  enum class Form { kPython, kFenced, kBare };

  void opened(int marker) override {
    form_ = marker == 0 ? Form::kPython : marker == 1 ? Form::kFenced : Form::kBare;
    calls_.reset();
    (void)fence_.flush();
    close_.reset();
    code_.clear();
    closing_ = false;
  }

  Step body(char c) override {
    if (form_ == Form::kPython) return python(c);
    if (!closing_) {
      const Step step = calls_.put(c, *this);
      if (step != Step::kDone || form_ == Form::kBare) return step;
      closing_ = true;
      return Step::kMore;
    }
    const int found = close_.put(c);
    return found == 0 ? Step::kDone : found == LiteralMatcher::kMismatch ? Step::kFailed : Step::kMore;
  }

  Step python(char c) {
    if (fence_.put(c, code_) == MarkerGate::kNone) return Step::kMore;
    return report() ? Step::kDone : Step::kFailed;
  }

  bool report() {
    const auto found = parse_python_calls(code_);
    if (!found) return false;
    for (const auto& call : *found) {
      start_call(call.name, {});
      call_arguments(call.arguments_json);
      end_call(false);
    }
    return true;
  }

  bool ended() override {
    if (form_ != Form::kPython) return between_calls();
    return report();  // cut off before its fence, perhaps with a backtick or two
  }
  [[nodiscard]] bool between_calls() const override {
    return form_ != Form::kPython && (closing_ || calls_.between_calls());
  }
  [[nodiscard]] bool tentative() const override { return form_ != Form::kPython; }

  JsonCalls calls_;
  MarkerGate fence_;
  LiteralMatcher close_;
  std::string code_;
  Form form_ = Form::kBare;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_gemma_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<GemmaParser>(sink, types);
}

}  // namespace hearth
