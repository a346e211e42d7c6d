// Models of no known family: {"name", "arguments"} as JSON, one or a list, bare or in a ```json fence, or wrapped as
// {"tool_calls": [...]} or {"tool_call": {...}}, the form that a template without tools is taught in the prompt.
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

class GenericParser final : public ToolCallParser {
 public:
  GenericParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"```json", "<tool_call>"}, "{["),
        calls_(types.rules(true)),
        fence_({"```"}),
        tag_({"</tool_call>"}) {}

 private:
  enum class Phase { kFirst, kKey, kColon, kCalls, kUnwrap, kClose };

  void opened(int marker) override {
    marker_ = marker;
    calls_.reset();
    fence_.reset();
    tag_.reset();
    head_.clear();
    is_wrapped_ = false;
    phase_ = Phase::kFirst;
  }

  Step body(char c) override {
    switch (phase_) {
      case Phase::kFirst:
        if (is_space(c)) return Step::kMore;
        if (c != '{') {
          phase_ = Phase::kCalls;
          return body(c);
        }
        head_ = c;
        phase_ = Phase::kKey;
        return Step::kMore;
      case Phase::kKey: return key(c);
      case Phase::kColon:
        if (is_space(c)) return Step::kMore;
        phase_ = Phase::kCalls;
        return c == ':' ? Step::kMore : Step::kFailed;
      case Phase::kCalls: {
        const Step step = calls_.put(c, *this);
        return step == Step::kDone ? after_calls() : step;
      }
      case Phase::kUnwrap:
        if (is_space(c)) return Step::kMore;
        if (c != '}') return Step::kFailed;
        return marker_ == kBare ? Step::kDone : (phase_ = Phase::kClose, Step::kMore);
      default: return close(c);
    }
  }

  // The first key of the object says whether it wraps calls or is one; in the latter case the calls' reader gets it.
  Step key(char c) {
    const bool in_key = head_.find('"') != std::string::npos;
    if (in_key || !is_space(c)) head_ += c;
    if (head_.size() < 3 || c != '"') {
      const bool may_be = head_.size() < 2 || (head_[1] == '"' && head_.size() < 24 && c != '\\');
      return may_be ? Step::kMore : replay();
    }
    if (head_ != "{\"tool_calls\"" && head_ != "{\"tool_call\"") return replay();
    is_wrapped_ = true;
    phase_ = Phase::kColon;
    return Step::kMore;
  }

  Step replay() {
    phase_ = Phase::kCalls;
    Step step = Step::kMore;
    for (std::size_t i = 0; i < head_.size() && step == Step::kMore; ++i) step = calls_.put(head_[i], *this);
    return step;
  }

  Step after_calls() {
    if (!is_wrapped_ && marker_ == kBare) return Step::kDone;
    phase_ = is_wrapped_ ? Phase::kUnwrap : Phase::kClose;
    return Step::kMore;
  }

  Step close(char c) {
    const int found = (marker_ == 0 ? fence_ : tag_).put(c);
    return found == 0 ? Step::kDone : found == LiteralMatcher::kMismatch ? Step::kFailed : Step::kMore;
  }

  bool ended() override { return between_calls(); }
  [[nodiscard]] bool between_calls() const override {
    return phase_ == Phase::kUnwrap || phase_ == Phase::kClose || (phase_ == Phase::kCalls && calls_.between_calls());
  }
  [[nodiscard]] bool tentative() const override { return marker_ != 1; }

  JsonCalls calls_;
  LiteralMatcher fence_, tag_;
  std::string head_;
  int marker_ = kBare;
  bool is_wrapped_ = false;
  Phase phase_ = Phase::kFirst;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_generic_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<GenericParser>(sink, types);
}

}  // namespace hearth
