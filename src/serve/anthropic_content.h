// The conversation of Anthropic's Messages API as turns that a chat template knows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/chat.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// Reads "system" and "messages". Turns of one role in a row become one, as the API says. Faults go to the notes.
// Text blocks of a user's turn are joined by line breaks; those of an assistant's turn as they are, since they were
// said so. What has no text here (images, PDF files, blocks of hosted tools) is refused by name.
class AnthropicContentReader {
 public:
  explicit AnthropicContentReader(std::vector<ChatMessage>& turns) : turns_(turns) {}

  // A block that holds only the agent's billing line is left out, since it changes with every request and no prefix
  // would ever be found again; it is noted as ignored.
  // Source: anthropics/claude-code issue 68900 (the block and its nonce).
  void read_system(ObjectReader& body);
  void read_messages(ObjectReader& body);

 private:
  void read_turn(ObjectReader& turn, bool last);
  void read_user_block(ObjectReader& block, std::string& text);
  void read_assistant_block(ObjectReader& block, ChatMessage& turn);
  void read_tool_use(ObjectReader& block, ChatMessage& turn);
  void read_tool_result(ObjectReader& block);
  void add_turn(ChatMessage turn);

  std::vector<ChatMessage>& turns_;
  std::map<std::string, std::string> tools_by_call_;  // the tool's name by the id of its call
};

}  // namespace hearth::serve
