#include "serve/openai_messages.h"

#include <algorithm>

namespace hearth::serve {
namespace {

constexpr std::size_t kMessagesMax = 4096;
constexpr std::size_t kPartsMax = 1024;
constexpr std::size_t kCallsMax = 128;

void read_part(ObjectReader part, std::initializer_list<std::string_view> text_types, ChatMessage& message) {
  std::string type = "text", text;
  if (!part.text("type", type)) return part.refuse("type", "is missing");
  if (std::find(text_types.begin(), text_types.end(), type) == text_types.end()) {
    return part.refuse_unsupported("", "is of type " + shown(type) + ", which can't be shown to the model here",
                                   "send text alone");
  }
  const std::string_view field = type == "refusal" ? "refusal" : "text";
  if (!part.text(field, text)) part.refuse(field, "is missing");
  part.skip({"annotations", "logprobs", "cache_control", "prompt_cache_breakpoint"});
  part.note_rest();
  message.parts.push_back({.text = std::move(text)});
}

void read_call(ObjectReader call, ChatMessage& message) {
  ToolCall made;
  call.text("id", made.id);
  if (call.has("type") && call.one_of("type", {"function"}) == std::nullopt) return;
  auto function = call.object("function");
  if (!function) return call.refuse("function", "is missing");
  if (!function->text("name", made.name)) function->refuse("name", "is missing");
  function->object_text("arguments", made.arguments_json);
  function->note_rest();
  call.skip({"index"});
  call.note_rest();
  message.tool_calls.push_back(std::move(made));
}

// The tool whose call a tool's turn answers.
std::string called_name(const std::vector<ChatMessage>& before, const std::string& call_id) {
  for (auto message = before.rbegin(); message != before.rend(); ++message) {
    for (const ToolCall& call : message->tool_calls)
      if (call.id == call_id) return call.name;
  }
  return {};
}

void read_message(ObjectReader from, std::vector<ChatMessage>& messages) {
  ChatMessage message;
  if (!from.has("role")) return from.refuse("role", "is missing");
  const auto role = from.one_of("role", {"system", "developer", "user", "assistant", "tool", "function"});
  if (!role) return;
  constexpr std::string_view kRoles[] = {"system", "system", "user", "assistant", "tool", "tool"};
  message.role = kRoles[*role];
  read_content(from, "content", {"text", "refusal"}, message);
  from.text("name", message.name);
  if (message.role == "assistant") {
    const Json* calls = from.list("tool_calls", kCallsMax);
    for (std::size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
      if (auto call = object_at(*calls, i, from.place_of("tool_calls"), from.notes())) read_call(*call, message);
    }
    if (!from.text("reasoning_content", message.reasoning)) from.text("reasoning", message.reasoning);
    from.skip({"refusal", "annotations", "audio", "function_call"});
    if (!from.has("content") && message.tool_calls.empty() && message.reasoning.empty())
      from.refuse("content", "is missing, and there are no tool_calls");
  } else if (!from.has("content")) {
    from.refuse("content", "is missing");
  }
  if (message.role == "tool") {
    if (!from.text("tool_call_id", message.tool_call_id) && *role == 4) from.refuse("tool_call_id", "is missing");
    if (message.name.empty()) message.name = called_name(messages, message.tool_call_id);
  }
  from.note_rest();
  messages.push_back(std::move(message));
}

}  // namespace

void read_content(ObjectReader& from, std::string_view name, std::initializer_list<std::string_view> text_types,
                  ChatMessage& message) {
  const Json* content = from.find(name);
  if (content == nullptr) return;
  if (content->is_string()) {
    message.content = content->get<std::string>();
    return;
  }
  if (!content->is_array()) return from.refuse(name, "must be a string or a list of parts");
  if (from.list(name, kPartsMax) == nullptr) return;
  for (std::size_t i = 0; i < content->size() && !from.failed(); ++i) {
    const Json& item = (*content)[i];
    if (item.is_string()) {
      message.parts.push_back({.text = item.get<std::string>()});
    } else if (auto part = object_at(*content, i, from.place_of(name), from.notes())) {
      read_part(std::move(*part), text_types, message);
    }
  }
}

void read_messages(ObjectReader& body, std::vector<ChatMessage>& messages) {
  if (!body.has("messages")) return body.refuse("messages", "is missing", "give the conversation as a list");
  const Json* list = body.list("messages", kMessagesMax);
  if (list == nullptr) return;
  if (list->empty()) return body.refuse("messages", "must have one message at least");
  for (std::size_t i = 0; i < list->size() && !body.failed(); ++i) {
    if (auto message = object_at(*list, i, "messages", body.notes())) read_message(*message, messages);
  }
}

void read_template_variables(ObjectReader& body, std::string_view effort, PromptRequest& prompt) {
  Json variables = Json::object();
  if (const auto kwargs = body.object("chat_template_kwargs")) variables = kwargs->json();
  if (auto thinking = variables.find("enable_thinking"); thinking != variables.end() && thinking->is_boolean()) {
    prompt.enable_thinking = thinking->get<bool>();
    variables.erase("enable_thinking");
  }
  if (!effort.empty()) {
    if (!prompt.enable_thinking) prompt.enable_thinking = effort != "none" && effort != "minimal";
    if (!variables.contains("reasoning_effort")) variables["reasoning_effort"] = effort;
  }
  if (!variables.empty()) prompt.variables_json = json_text(variables);
}

}  // namespace hearth::serve
