// Mistral: [TOOL_CALLS][{"name": ..., "arguments": {...}, "id": ...}, ...] up to tokenizer v3-v7, and
// [TOOL_CALLS]name[CALL_ID]id[ARGS]{...} (v11, the id optional) or [TOOL_CALLS]name{...} after it.
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

constexpr std::size_t kNameMax = 256;

class MistralParser final : public ToolCallParser {
 public:
  MistralParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"[TOOL_CALLS]"}), calls_(types.rules(false)), head_({"[CALL_ID]", "[ARGS]", "{"}) {}

 private:
  enum class Phase { kFirst, kList, kHead, kBeforeObject, kObject };

  void opened(int /*marker*/) override {
    phase_ = Phase::kFirst;
    calls_.reset();
    object_.reset();
    (void)head_.flush();
    name_.clear();
    id_.clear();
    field_ = &name_;
  }

  Step body(char c) override {
    switch (phase_) {
      case Phase::kFirst:
        if (is_space(c)) return Step::kMore;
        phase_ = c == '[' || c == '{' ? Phase::kList : Phase::kHead;
        return body(c);
      case Phase::kList: return calls_.put(c, *this);
      case Phase::kHead: return head(c);
      case Phase::kBeforeObject:
        if (is_space(c)) return Step::kMore;
        if (c != '{') return Step::kFailed;
        return begin_object();
      default: return object(c);
    }
  }

  Step head(char c) {
    const int found = head_.put(c, *field_);
    if (field_->size() > kNameMax || field_->find('\n') != std::string::npos) return Step::kFailed;
    if (found == 0) field_ = &id_;
    if (found == 1) phase_ = Phase::kBeforeObject;
    return found == 2 ? begin_object() : Step::kMore;
  }

  Step begin_object() {
    while (!name_.empty() && is_space(name_.back())) name_.pop_back();
    if (name_.empty() || name_.find_first_of("[]<>\"") != std::string::npos) return Step::kFailed;
    phase_ = Phase::kObject;
    start_call(name_, id_);
    return object('{');
  }

  Step object(char c) {
    const Step step = object_.put(c, *this);
    if (step == Step::kDone) end_call(false);
    return step;
  }

  bool ended() override { return calls_.between_calls(); }
  [[nodiscard]] bool between_calls() const override { return phase_ == Phase::kList && calls_.between_calls(); }

  JsonCalls calls_;
  MarkerGate head_;
  ObjectStream object_;
  std::string name_, id_;
  std::string* field_ = &name_;
  Phase phase_ = Phase::kFirst;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_mistral_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<MistralParser>(sink, types);
}

}  // namespace hearth
