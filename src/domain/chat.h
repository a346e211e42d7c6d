// One turn of a conversation as every chat API spells it.
#pragma once

#include <string>
#include <vector>

#include "domain/tool_call.h"

namespace hearth {

// A piece of a message's content.
struct ContentPart {
  std::string type = "text";  // "text", "image", "audio", "video"
  std::string text{};         // of "text" parts
  std::string media{};        // of the others: what the caller finds the media by; templates don't see it
};

struct ChatMessage {
  std::string role;  // "system", "user", "assistant", "tool"
  std::string content;
  std::vector<ContentPart> parts{};    // when not empty, these are the content and `content` is not looked at
  std::vector<ToolCall> tool_calls{};  // of an assistant's turn
  std::string tool_call_id{};          // of a tool's turn: which call it answers
  std::string name{};                  // of a tool's turn: the tool; else the speaker
  std::string reasoning{};             // of an assistant's turn: what it thought, where the template shows it again
};

}  // namespace hearth
