// One turn of a conversation as every chat API spells it.
#pragma once

#include <string>

namespace hearth {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant", "tool"
  std::string content;
};

}  // namespace hearth
