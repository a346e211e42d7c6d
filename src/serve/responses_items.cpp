#include "serve/responses_items.h"

#include "serve/openai_messages.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kItemsMax = 4096;

// The assistant's turn that is being put together; a new one where the last turn is another's.
ChatMessage& open_turn(std::vector<ChatMessage>& messages) {
  if (messages.empty() || messages.back().role != "assistant") messages.push_back({.role = "assistant", .content = {}});
  return messages.back();
}

void read_message_item(ObjectReader item, std::vector<ChatMessage>& messages) {
  if (!item.has("role")) return item.refuse("role", "is missing");
  const auto role = item.one_of("role", {"system", "developer", "user", "assistant"});
  if (!role) return;
  ChatMessage message;
  message.role = *role <= 1 ? "system" : *role == 2 ? "user" : "assistant";
  if (!item.has("content")) return item.refuse("content", "is missing");
  read_content(item, "content", {"input_text", "output_text", "text", "refusal"}, message);
  item.skip({"id", "status", "type", "phase"});
  item.note_rest();
  const bool thought_only = !messages.empty() && messages.back().role == "assistant" &&
                            messages.back().content.empty() && messages.back().parts.empty() &&
                            messages.back().tool_calls.empty();
  if (message.role == "assistant" && thought_only) {
    messages.back().content = std::move(message.content);
    messages.back().parts = std::move(message.parts);
  } else {
    messages.push_back(std::move(message));
  }
}

void read_call_item(ObjectReader item, std::vector<ChatMessage>& messages) {
  ToolCall call;
  if (!item.text("call_id", call.id)) item.refuse("call_id", "is missing");
  if (!item.text("name", call.name)) item.refuse("name", "is missing");
  item.object_text("arguments", call.arguments_json);
  item.skip({"id", "status", "type"});
  item.note_rest();
  open_turn(messages).tool_calls.push_back(std::move(call));
}

void read_output_item(ObjectReader item, std::vector<ChatMessage>& messages) {
  ChatMessage message{.role = "tool", .content = {}};
  if (!item.text("call_id", message.tool_call_id)) item.refuse("call_id", "is missing");
  if (!item.has("output")) return item.refuse("output", "is missing");
  read_content(item, "output", {"input_text", "output_text", "text"}, message);
  for (const ChatMessage& before : messages) {
    for (const ToolCall& call : before.tool_calls)
      if (call.id == message.tool_call_id) message.name = call.name;
  }
  item.skip({"id", "status", "type"});
  item.note_rest();
  messages.push_back(std::move(message));
}

// What was thought; a summary stands in for it where there is nothing else.
void read_reasoning_item(ObjectReader item, std::vector<ChatMessage>& messages) {
  ChatMessage thought;
  read_content(item, item.has("content") ? "content" : "summary", {"reasoning_text", "summary_text", "text"}, thought);
  item.skip({"id", "status", "type", "summary", "encrypted_content"});
  item.note_rest();
  std::string text = std::move(thought.content);
  for (const ContentPart& part : thought.parts) text += part.text;
  if (text.empty()) return;
  // A thought begins a turn, unless it goes on in one that has only thought.
  const bool goes_on = !messages.empty() && messages.back().role == "assistant" && messages.back().content.empty() &&
                       messages.back().parts.empty() && messages.back().tool_calls.empty();
  if (!goes_on) messages.push_back({.role = "assistant", .content = {}});
  messages.back().reasoning += text;
}

void read_item(ObjectReader item, std::vector<ChatMessage>& messages) {
  std::string type = "message";
  item.text("type", type);
  if (type == "message") return read_message_item(std::move(item), messages);
  if (type == "function_call") return read_call_item(std::move(item), messages);
  if (type == "function_call_output") return read_output_item(std::move(item), messages);
  if (type == "reasoning") return read_reasoning_item(std::move(item), messages);
  item.refuse_unsupported("type", "is " + shown(type) + ", an item that this server does not know",
                          "it knows message, function_call, function_call_output and reasoning");
}

}  // namespace

void read_input_items(ObjectReader& body, std::vector<ChatMessage>& messages) {
  const Json* input = body.find("input");
  if (input == nullptr) return body.refuse("input", "is missing");
  if (input->is_string()) {
    messages.push_back({.role = "user", .content = input->get<std::string>()});
    return;
  }
  if (!input->is_array()) return body.refuse("input", "must be a string or a list of items");
  if (body.list("input", kItemsMax) == nullptr) return;
  if (input->empty()) return body.refuse("input", "must have one item at least");
  for (std::size_t i = 0; i < input->size() && !body.failed(); ++i) {
    if (auto item = object_at(*input, i, "input", body.notes())) read_item(*item, messages);
  }
}

}  // namespace hearth::serve
