#include "serve/anthropic_tools.h"

#include <algorithm>
#include <utility>

namespace hearth::serve {
namespace {

constexpr std::size_t kToolsMax = 1024;

ToolDefinition read_tool(ObjectReader& tool) {
  ToolDefinition definition;
  std::string type = "custom";
  tool.text("type", type);
  if (type != "custom")
    tool.refuse_unsupported("type", "is \"" + type + "\": hosted tools don't run here",
                            "give the tool with name, description and input_schema");
  if (!tool.text("name", definition.name) || definition.name.empty()) tool.refuse("name", "is missing");
  tool.text("description", definition.description);
  const auto schema = tool.object("input_schema");
  if (schema)
    definition.parameters_json = json_text(schema->json());
  else
    tool.refuse("input_schema", "is missing", "give a JSON Schema; {\"type\": \"object\"} for no parameters");
  tool.skip({"cache_control"});
  tool.note_rest();
  return definition;
}

void read_choice(ObjectReader& choice, const std::vector<ToolDefinition>& tools, TextRequest& request) {
  const auto type = choice.one_of("type", {"auto", "any", "tool", "none"});
  if (!type) return choice.refuse("type", "is missing");
  bool single = false;
  choice.flag("disable_parallel_tool_use", single);
  request.parallel_calls = !single;
  if (*type == 3) request.tool_choice = ToolChoice::kNone;
  if (*type == 1 || *type == 2) request.tool_choice = ToolChoice::kRequired;
  if (*type == 2) {
    if (!choice.text("name", request.tool_name)) return choice.refuse("name", "is missing");
    const bool known = std::any_of(tools.begin(), tools.end(),
                                   [&request](const auto& tool) { return tool.name == request.tool_name; });
    if (!known) return choice.refuse("name", "is \"" + request.tool_name + "\", which is none of the tools");
  }
  if (*type == 1 && tools.empty()) choice.refuse("type", "is \"any\", but there are no tools");
  choice.note_rest();
}

}  // namespace

void read_anthropic_tools(ObjectReader& body, TextRequest& request) {
  auto& tools = std::get<PromptRequest>(request.prompt).tools;
  const Json* list = body.list("tools", kToolsMax);
  for (std::size_t i = 0; list != nullptr && i < list->size() && !body.failed(); ++i) {
    auto tool = object_at(*list, i, "tools", body.notes());
    if (!tool) return;
    ToolDefinition definition = read_tool(*tool);
    const bool twice = std::any_of(tools.begin(), tools.end(),
                                   [&definition](const auto& other) { return other.name == definition.name; });
    if (twice) tool->refuse("name", "is \"" + definition.name + "\", which another tool has already");
    tools.push_back(std::move(definition));
  }
  if (auto choice = body.object("tool_choice"); choice && !body.failed()) read_choice(*choice, tools, request);
}

}  // namespace hearth::serve
