// A model's text into content, reasoning and tool calls while it is written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/output_event.h"
#include "text/reasoning.h"
#include "text/tool_call_parser.h"

namespace hearth {

// How a model writes what is not prose.
struct OutputFormat {
  CallFamily calls = CallFamily::kGeneric;
  ReasoningFamily reasoning = ReasoningFamily::kNone;
};

// By the model's chat template; each half may be overridden by the caller.
[[nodiscard]] OutputFormat detect_output_format(std::string_view template_source);

struct OutputParserOptions {
  OutputFormat format;
  bool parse_calls = true;         // false: calls stay content, as written
  bool separate_reasoning = true;  // false: reasoning stays content, its marks included
  bool reasoning_opened = false;   // prompt_opens_reasoning() of the rendered prompt
  std::vector<ToolDefinition> tools{};
  // Ids of calls that the model names none for: the prefix and the call's index. Mistral's template takes only ids of
  // nine letters and digits; for that family they are made of a hash of prefix and index.
  std::string id_prefix = "call_";
};

// Text must be complete UTF-8 at each feed (Utf8Stream sees to that) and hold special tokens as text. How it is cut
// makes no difference to all events together. Externally synchronised.
class OutputParser {
 public:
  explicit OutputParser(OutputParserOptions options);
  ~OutputParser();
  OutputParser(OutputParser&&) noexcept;
  OutputParser& operator=(OutputParser&&) noexcept;

  // What is sure by now. What may still become a marker is held back.
  [[nodiscard]] std::vector<OutputEvent> feed(std::string_view text);
  // The text has ended: the rest. To be called once.
  [[nodiscard]] std::vector<OutputEvent> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hearth
