// A model's text in any bytes and any cuts: the first byte picks the families, the second how the rest is cut. The
// events stand in order, and all together are the same as of the text in one piece.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/output_parser.h"
#include "text/python_call.h"

namespace {

hearth::OutputParserOptions options_of(std::uint8_t choice) {
  hearth::OutputParserOptions options;
  options.format.calls = static_cast<hearth::CallFamily>(choice % 10);
  options.format.reasoning = static_cast<hearth::ReasoningFamily>(choice / 10 % 8);
  options.reasoning_opened = choice / 80 == 1;
  options.separate_reasoning = choice / 80 != 2;
  options.tools = {{"f", "", R"({"properties": {"a": {"type": "string"}}})"}, {"weather"}};
  return options;
}

struct Checked {
  hearth::ParsedOutput output;
  bool call_open = false;
  void add(const std::vector<hearth::OutputEvent>& events) {
    using hearth::OutputKind;
    for (const auto& event : events) {
      const bool is_text = event.kind == OutputKind::kContent || event.kind == OutputKind::kReasoning;
      if ((is_text || event.kind == OutputKind::kCallArguments) && event.text.empty()) std::abort();
      if ((is_text || event.kind == OutputKind::kCallStart) == call_open) std::abort();
      if (event.kind == OutputKind::kCallStart) call_open = true;
      if (event.kind == OutputKind::kCallEnd) call_open = false;
      output.add(event);
    }
  }
};

hearth::ParsedOutput parse(std::uint8_t choice, std::string_view text, std::size_t piece) {
  hearth::OutputParser parser(options_of(choice));
  Checked checked;
  for (std::size_t at = 0; at < text.size(); at += piece) checked.add(parser.feed(text.substr(at, piece)));
  checked.add(parser.finish());
  if (checked.call_open) std::abort();
  return checked.output;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = parse(data[0], text, text.size() + 1);
  const auto cut = parse(data[0], text, 1U + data[1] % 16U);
  if (whole.content != cut.content || whole.reasoning != cut.reasoning || whole.calls.size() != cut.calls.size())
    std::abort();
  for (std::size_t i = 0; i < whole.calls.size(); ++i)
    if (whole.calls[i].name != cut.calls[i].name || whole.calls[i].arguments_json != cut.calls[i].arguments_json ||
        whole.calls[i].malformed != cut.calls[i].malformed)
      std::abort();
  (void)hearth::parse_python_calls(text);
  return 0;
}
