// Qwen3-Coder: <tool_call><function=name><parameter=key>value</parameter>...</function></tool_call>. Values are bare
// text; what they are is said by the tool's schema, and where that is silent by whether they read as JSON.
#include "text/tool_call_parser.h"

namespace hearth {
namespace {

constexpr std::size_t kNameMax = 256;

bool is_json(std::string_view text) {
  JsonScanner scanner;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const Step step = scanner.put(text[i]);
    if (step == Step::kDone) return is_blank(text.substr(i + 1));
    if (step == Step::kFailed) return false;
    if (step == Step::kDoneBefore) return is_blank(text.substr(i));
  }
  return scanner.put(' ') == Step::kDoneBefore;  // a number or word ends with the text
}

class QwenXmlParser final : public ToolCallParser {
 public:
  QwenXmlParser(EventSink& sink, const ToolTypes& types)
      : ToolCallParser(sink, {"<tool_call>", "<function="}),
        types_(types),
        function_({"<function="}),
        between_({"<parameter=", "</function>"}),
        value_end_({"</parameter>"}),
        close_({"</tool_call>", "<function="}) {}

 private:
  enum class Phase { kFunction, kName, kBetween, kKey, kValue, kClose };

  void opened(int marker) override {
    function_.reset();
    tagged_ = marker == 0;
    phase_ = Phase::kFunction;
    had_call_ = false;
    if (!tagged_) begin_name();
  }

  void begin_name() {
    name_.clear();
    phase_ = Phase::kName;
  }

  Step body(char c) override {
    switch (phase_) {
      case Phase::kFunction: {
        const int found = function_.put(c);
        if (found == 0) begin_name();
        return found == LiteralMatcher::kMismatch ? Step::kFailed : Step::kMore;
      }
      case Phase::kName: return name(c);
      case Phase::kBetween: return between(c);
      case Phase::kKey: return key(c);
      case Phase::kValue: return value(c);
      default: return close(c);
    }
  }

  static bool fits(const std::string& text, char c) {
    return c != '<' && c != '\n' && c != '"' && text.size() < kNameMax;
  }

  Step name(char c) {
    if (c != '>') {
      name_ += c;
      return fits(name_, c) ? Step::kMore : Step::kFailed;
    }
    if (name_.empty()) return Step::kFailed;
    start_call(name_, {});
    call_arguments("{");
    had_parameter_ = false;
    between_.reset();
    phase_ = Phase::kBetween;
    return Step::kMore;
  }

  Step between(char c) {
    const int found = between_.put(c);
    if (found == LiteralMatcher::kMismatch) return Step::kFailed;
    if (found == 0) {
      key_.clear();
      phase_ = Phase::kKey;
    } else if (found == 1) {
      call_arguments("}");
      end_call(false);
      had_call_ = true;
      close_.reset();
      phase_ = Phase::kClose;
      return tagged_ ? Step::kMore : Step::kDone;
    }
    return Step::kMore;
  }

  Step key(char c) {
    if (c != '>') {
      key_ += c;
      return fits(key_, c) ? Step::kMore : Step::kFailed;
    }
    value_.clear();
    is_text_ = types_.parameter(name_, key_) == ToolTypes::Type::kString;
    at_start_ = true;
    (void)value_end_.flush();
    call_arguments((had_parameter_ ? ", \"" : "\"") + json_escaped(key_) + (is_text_ ? "\": \"" : "\": "));
    had_parameter_ = true;
    phase_ = Phase::kValue;
    return Step::kMore;
  }

  // The line break after the opening and the one before the closing tag belong to the tags.
  Step value(char c) {
    std::string released;
    const bool ended = value_end_.put(c, released) != MarkerGate::kNone;
    for (const char r : released) {
      if (!(at_start_ && r == '\n')) value_ += r;
      at_start_ = false;
    }
    if (is_text_) stream_text(ended);
    if (!ended) return Step::kMore;
    if (!is_text_) {
      if (value_.ends_with('\n')) value_.pop_back();
      call_arguments(is_json(value_) ? value_ : "\"" + json_escaped(value_) + "\"");
    }
    between_.reset();
    phase_ = Phase::kBetween;
    return Step::kMore;
  }

  void stream_text(bool ended) {
    const bool holds_break = value_.ends_with('\n');
    if (holds_break) value_.pop_back();
    std::string text = json_escaped(value_);
    value_ = holds_break && !ended ? "\n" : "";
    if (ended) text += '"';
    if (!text.empty()) call_arguments(text);
  }

  Step close(char c) {
    const int found = close_.put(c);
    if (found == 1) begin_name();
    return found == 0 ? Step::kDone : found == LiteralMatcher::kMismatch ? Step::kFailed : Step::kMore;
  }

  bool ended() override { return between_calls(); }
  [[nodiscard]] bool between_calls() const override { return had_call_ && phase_ == Phase::kClose; }

  const ToolTypes& types_;
  LiteralMatcher function_, between_;
  MarkerGate value_end_;
  LiteralMatcher close_;
  std::string name_, key_, value_;
  bool tagged_ = true, had_call_ = false, had_parameter_ = false, is_text_ = false, at_start_ = true;
  Phase phase_ = Phase::kFunction;
};

}  // namespace

std::unique_ptr<ToolCallParser> make_qwen_xml_parser(EventSink& sink, const ToolTypes& types) {
  return std::make_unique<QwenXmlParser>(sink, types);
}

}  // namespace hearth
