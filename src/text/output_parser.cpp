#include "text/output_parser.h"

#include <optional>

#include "text/harmony.h"

namespace hearth {

OutputFormat detect_output_format(std::string_view template_source) {
  return {detect_call_family(template_source), detect_reasoning_family(template_source)};
}

// The parts point at each other; they stay where they are made.
struct OutputParser::Impl {
  explicit Impl(OutputParserOptions o)
      : options(std::move(o)),
        types(options.tools),
        sink(options.id_prefix,
             options.format.calls == CallFamily::kMistral ? EventSink::Ids::kNineLetters : EventSink::Ids::kPrefixed) {
    const auto& format = options.format;
    if (format.calls == CallFamily::kHarmony || format.reasoning == ReasoningFamily::kHarmony) {
      harmony.emplace(sink, HarmonyParser::Options{options.parse_calls, options.separate_reasoning});
      return;
    }
    if (options.parse_calls) calls = make_tool_call_parser(format.calls, sink, types);
    splitter.emplace(format.reasoning, options.reasoning_opened, !options.separate_reasoning, sink,
                     [this](char c) { answer(c); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void answer(char c) {
    if (calls)
      calls->put(c);
    else
      sink.content({&c, 1});
  }

  OutputParserOptions options;
  ToolTypes types;
  EventSink sink;
  std::unique_ptr<ToolCallParser> calls;
  std::optional<ReasoningSplitter> splitter;
  std::optional<HarmonyParser> harmony;
};

OutputParser::OutputParser(OutputParserOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
OutputParser::~OutputParser() = default;
OutputParser::OutputParser(OutputParser&&) noexcept = default;
OutputParser& OutputParser::operator=(OutputParser&&) noexcept = default;

std::vector<OutputEvent> OutputParser::feed(std::string_view text) {
  for (const char c : text) {
    if (impl_->harmony)
      impl_->harmony->put(c);
    else
      impl_->splitter->put(c);
  }
  return impl_->sink.take();
}

std::vector<OutputEvent> OutputParser::finish() {
  if (impl_->harmony) {
    impl_->harmony->end();
  } else {
    impl_->splitter->end();
    if (impl_->calls) impl_->calls->end();
  }
  return impl_->sink.take();
}

}  // namespace hearth
