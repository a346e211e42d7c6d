// What a model's text turns out to be, piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/tool_call.h"

namespace hearth {

enum class OutputKind { kContent, kReasoning, kCallStart, kCallArguments, kCallEnd };

struct OutputEvent {
  OutputKind kind = OutputKind::kContent;
  std::string text{};            // of content, reasoning and arguments: what is new
  std::uint32_t call_index = 0;  // of the three call kinds: 0, 1, ... in order of appearance
  std::string call_id{};         // of kCallStart
  std::string call_name{};       // of kCallStart
  // Content: this text looked like a call and was none. kCallEnd: the call broke off or broke its syntax.
  bool malformed = false;
};

// The whole of an output: all events together.
struct ParsedOutput {
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> calls;
  bool malformed = false;  // some content or call is

  void add(const OutputEvent& event) {
    malformed = malformed || event.malformed;
    switch (event.kind) {
      case OutputKind::kContent: content += event.text; break;
      case OutputKind::kReasoning: reasoning += event.text; break;
      case OutputKind::kCallStart: calls.push_back({event.call_id, event.call_name}); break;
      case OutputKind::kCallArguments: calls.at(event.call_index).arguments_json += event.text; break;
      case OutputKind::kCallEnd: calls.at(event.call_index).malformed = event.malformed; break;
    }
  }
};

}  // namespace hearth
