// DeepSeek V3 and R1: a section of calls, each "function", a separator, the name and a fenced JSON object; V3.1: the
// name, the separator and the object.
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

constexpr std::size_t kNameMax = 256;
constexpr std::string_view kFence = "```";

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

class DeepSeekParser final : public ToolCallParser {
 public:
  DeepSeekParser(EventSink& sink, const ToolTypes& /*types*/)
      : ToolCallParser(sink, {"<\uFF5Ctool\u2581calls\u2581begin\uFF5C>", "<\uFF5Ctool\u2581call\u2581begin\uFF5C>"}),
        outside_({"<\uFF5Ctool\u2581call\u2581begin\uFF5C>", "<\uFF5Ctool\u2581calls\u2581end\uFF5C>"}),
        separator_({"<\uFF5Ctool\u2581sep\uFF5C>"}),
        tail_({std::string(kFence), "<\uFF5Ctool\u2581call\u2581end\uFF5C>"}) {}

 private:
  enum class Phase { kOutside, kHead, kName, kObject, kTail };

  void opened(int marker) override {
    had_call_ = false;
    outside_.reset();
    phase_ = Phase::kOutside;
    if (marker == 1) begin_head();
  }

  void begin_head() {
    (void)separator_.flush();
    head_.clear();
    name_.clear();
    object_.reset();
    tail_.reset();
    phase_ = Phase::kHead;
  }

  Step body(char c) override {
    switch (phase_) {
      case Phase::kOutside: return outside(c);
      case Phase::kHead:
        if (separator_.put(c, head_) != MarkerGate::kNone) phase_ = Phase::kName;
        return head_.size() > kNameMax || head_.find_first_of("<`") != std::string::npos ? Step::kFailed : Step::kMore;
      case Phase::kName: return name(c);
      case Phase::kObject: return object(c);
      default: return tail(c);
    }
  }

  Step outside(char c) {
    const int found = outside_.put(c);
    if (found == LiteralMatcher::kMismatch) return Step::kFailed;
    if (found == 0) begin_head();
    return found == 1 && had_call_ ? Step::kDone : found == 1 ? Step::kFailed : Step::kMore;
  }

  // Up to the object: nothing (the name came before the separator), or the name and a fence.
  Step name(char c) {
    if (c != '{') {
      name_ += c;
      return name_.size() > kNameMax ? Step::kFailed : Step::kMore;
    }
    std::string name = trimmed(name_);
    if (name.empty()) {
      name = trimmed(head_);
    } else if (trimmed(head_) != "function") {
      return Step::kFailed;
    } else if (const auto fence = name.find(kFence); fence != std::string::npos) {
      const std::string language = name.substr(fence + kFence.size());
      if (!language.empty() && language != "json") return Step::kFailed;
      name = trimmed(std::string_view(name).substr(0, fence));
    }
    if (name.empty() || name.find_first_of("\n<>") != std::string::npos) return Step::kFailed;
    start_call(name, {});
    phase_ = Phase::kObject;
    return object(c);
  }

  Step object(char c) {
    const Step step = object_.put(c, *this);
    if (step != Step::kDone) return step;
    end_call(false);
    had_call_ = true;
    phase_ = Phase::kTail;
    return Step::kMore;
  }

  Step tail(char c) {
    const int found = tail_.put(c);
    if (found == LiteralMatcher::kMismatch) return Step::kFailed;
    if (found == 1) phase_ = Phase::kOutside;
    return Step::kMore;
  }

  bool ended() override { return between_calls(); }
  [[nodiscard]] bool between_calls() const override {
    return had_call_ && (phase_ == Phase::kTail || phase_ == Phase::kOutside);
  }

  LiteralMatcher outside_;
  MarkerGate separator_;
  LiteralMatcher tail_;
  ObjectStream object_;
  std::string head_, name_;
  bool had_call_ = false;
  Phase phase_ = Phase::kOutside;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_deepseek_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<DeepSeekParser>(sink, types);
}

}  // namespace hearth
