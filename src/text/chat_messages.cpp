#include "text/chat_messages.h"

#include <algorithm>

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> content_of(const ChatMessage& message, const TemplateTraits& traits, const std::string& place) {
  if (message.parts.empty()) {
    if (message.content.empty() && !message.tool_calls.empty() && !traits.needs_text_content) return Json();
    return Json(message.content);
  }
  const bool only_text = std::all_of(message.parts.begin(), message.parts.end(),
                                     [](const ContentPart& part) { return part.type == "text"; });
  if (only_text) {
    std::string text;
    for (const auto& part : message.parts) text += part.text;
    return Json(text);
  }
  if (!traits.takes_parts)
    return fail(ErrorCode::kUnsupported, place + " holds media, and the model's chat template knows only text",
                "use a model with vision or audio, or send text alone");
  Json parts = Json::array();
  for (const auto& part : message.parts) {
    parts.push_back({{"type", part.type}});
    if (part.type == "text") parts.back()["text"] = part.text;
  }
  return parts;
}

Result<Json> calls_of(const ChatMessage& message, const std::string& place) {
  Json calls = Json::array();
  for (const auto& call : message.tool_calls) {
    const std::string arguments = call.arguments_json.empty() ? "{}" : call.arguments_json;
    // A broken call that a client sends back goes in as the text it is.
    if (!call.malformed && !Json::parse(arguments, nullptr, false).is_object())
      return fail(ErrorCode::kInvalidArgument,
                  place + ": the arguments of the call of \"" + call.name + "\" are no JSON object",
                  "send them back as the model gave them");
    calls.push_back(
        {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", arguments}}}});
  }
  return calls;
}

}  // namespace

Result<Json> template_messages(const std::vector<ChatMessage>& messages, const TemplateTraits& traits) {
  Json list = Json::array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& message = messages[i];
    const std::string place = "message " + std::to_string(i + 1);
    HEARTH_ASSIGN(content, content_of(message, traits, place));
    Json entry{{"role", message.role}, {"content", std::move(content)}};
    if (!message.tool_calls.empty()) {
      HEARTH_ASSIGN(calls, calls_of(message, place));
      entry["tool_calls"] = std::move(calls);
    }
    if (!message.tool_call_id.empty()) entry["tool_call_id"] = message.tool_call_id;
    if (!message.name.empty()) entry["name"] = message.name;
    if (!message.reasoning.empty()) entry["reasoning_content"] = message.reasoning;
    list.push_back(std::move(entry));
  }
  return list;
}

Result<Json> template_tools(const std::vector<ToolDefinition>& tools) {
  if (tools.empty()) return Json();
  Json list = Json::array();
  for (const auto& tool : tools) {
    Json parameters = Json{{"type", "object"}, {"properties", Json::object()}};
    if (!tool.parameters_json.empty()) parameters = Json::parse(tool.parameters_json, nullptr, false);
    if (!parameters.is_object())
      return fail(ErrorCode::kInvalidArgument, "the parameters of the tool \"" + tool.name + "\" are no JSON object",
                  "give them as a JSON Schema");
    Json function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    function["parameters"] = std::move(parameters);
    list.push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  return list;
}

}  // namespace hearth
