// Tools and the choice among them, as Chat Completions and Responses spell them.
#include <algorithm>

#include "serve/openai_messages.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kToolsMax = 256;
constexpr std::size_t kToolNameBytesMax = 128;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kToolNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

const ToolDefinition* find_tool(const std::vector<ToolDefinition>& tools, const std::string& name) {
  const auto found = std::find_if(tools.begin(), tools.end(), [&](const auto& tool) { return tool.name == name; });
  return found == tools.end() ? nullptr : &*found;
}

// Returns whether the schema shall be held to.
bool read_function(ObjectReader function, std::vector<ToolDefinition>& tools) {
  ToolDefinition tool;
  if (!function.text("name", tool.name) || !is_name(tool.name))
    function.refuse("name", "must be 1 to 128 letters, digits, '_', '-' and '.'");
  if (find_tool(tools, tool.name) != nullptr)
    function.refuse("name", "is " + shown(tool.name) + ", which is there twice");
  function.text("description", tool.description);
  if (const auto parameters = function.object("parameters")) tool.parameters_json = json_text(parameters->json());
  bool strict = false;
  function.flag("strict", strict);
  function.skip({"type", "output_schema", "defer_loading", "allowed_callers"});
  function.note_rest();
  tools.push_back(std::move(tool));
  return strict;
}

bool read_tool(ObjectReader tool, bool nested, std::vector<ToolDefinition>& tools) {
  std::string type = "function";
  tool.text("type", type);
  if (type != "function") {
    tool.refuse_unsupported("type", "is " + shown(type) + ", a tool that this server does not have",
                            "give functions alone");
    return false;
  }
  if (!nested) return read_function(std::move(tool), tools);
  auto function = tool.object("function");
  if (!function) {
    tool.refuse("function", "is missing");
    return false;
  }
  tool.skip({"cache_control"});
  tool.note_rest();
  return read_function(std::move(*function), tools);
}

void read_named_choice(ObjectReader choice, bool nested, const std::vector<ToolDefinition>& tools,
                       TextRequest& request) {
  std::string type;
  if (!choice.text("type", type)) return choice.refuse("type", "is missing");
  if (type != "function")
    return choice.refuse_unsupported("type", "is " + shown(type) + ", which is not supported here");
  auto holder = nested ? choice.object("function") : std::optional<ObjectReader>(choice);
  if (!holder) return choice.refuse("function", "is missing");
  if (!holder->text("name", request.tool_name)) return holder->refuse("name", "is missing");
  if (find_tool(tools, request.tool_name) == nullptr)
    return holder->refuse("name", "is " + shown(request.tool_name) + ", none of the tools");
  request.tool_choice = ToolChoice::kRequired;
}

void read_choice(ObjectReader& body, bool nested, const std::vector<ToolDefinition>& tools, TextRequest& request) {
  const Json* choice = body.find("tool_choice");
  if (choice == nullptr) return;
  if (choice->is_object()) {
    if (auto named = body.object("tool_choice")) read_named_choice(*named, nested, tools, request);
    return;
  }
  const auto index = body.one_of("tool_choice", {"auto", "none", "required"});
  if (!index) return;
  constexpr ToolChoice kChoices[] = {ToolChoice::kAuto, ToolChoice::kNone, ToolChoice::kRequired};
  request.tool_choice = kChoices[*index];
  if (tools.empty() && request.tool_choice == ToolChoice::kRequired)
    body.refuse("tool_choice", "is \"required\", but there are no tools");
}

}  // namespace

void read_tools(ObjectReader& body, bool nested, TextRequest& request, AnswerWishes& wishes) {
  if (body.has("functions") || body.has("function_call"))
    return body.refuse_unsupported("functions", "is the form of old", "give tools and tool_choice");
  auto& tools = std::get<PromptRequest>(request.prompt).tools;
  const Json* list = body.list("tools", kToolsMax);
  bool strict = false;
  for (std::size_t i = 0; list != nullptr && i < list->size() && !body.failed(); ++i) {
    if (auto tool = object_at(*list, i, "tools", body.notes())) strict = read_tool(*tool, nested, tools) || strict;
  }
  read_choice(body, nested, tools, request);
  body.flag("parallel_tool_calls", request.parallel_calls);
  if (strict && request.tool_choice == ToolChoice::kAuto)
    wishes.notices.emplace_back("tools: a strict schema is held to only where tool_choice asks for a call");
}

}  // namespace hearth::serve
