#include "engine/tool_constraint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "hearth/error.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

// References of a schema that moves into another one: "#/..." now begins at `at`.
void move_references(Json& schema, const std::string& at) {
  if (schema.is_array()) {
    for (auto& each : schema) move_references(each, at);
    return;
  }
  if (!schema.is_object()) return;
  for (auto& [key, value] : schema.items()) {
    if (key == "$ref" && value.is_string()) {
      const auto text = value.get<std::string>();
      if (text == "#" || text.starts_with("#/")) value = at + text.substr(1);
    } else {
      move_references(value, at);
    }
  }
}

Result<Json> call_of(const ToolDefinition& tool, const std::string& at) {
  Json parameters = tool.parameters_json.empty() ? Json{{"type", "object"}, {"properties", Json::object()}}
                                                 : Json::parse(tool.parameters_json, nullptr, false);
  if (!parameters.is_object())
    return fail(Error(ErrorCode::kInvalidArgument,
                      fmt::format("the parameters of the tool '{}' are no JSON Schema object", tool.name))
                    .with("param", "tools"));
  move_references(parameters, at + "/properties/arguments");
  return Json{{"type", "object"},
              {"properties", {{"name", {{"const", tool.name}}}, {"arguments", std::move(parameters)}}},
              {"required", {"name", "arguments"}},
              {"additionalProperties", false}};
}

}  // namespace

Result<std::string> tool_call_schema(const std::vector<ToolDefinition>& tools, const std::string& only) {
  Json calls = Json::array();
  for (const auto& tool : tools) {
    if (!only.empty() && tool.name != only) continue;
    const std::string at = only.empty() ? fmt::format("#/anyOf/{}", calls.size()) : "#";
    HEARTH_ASSIGN(call, call_of(tool, at));
    calls.push_back(std::move(call));
    if (!only.empty()) return calls.front().dump();
  }
  if (!calls.empty()) return Json{{"anyOf", std::move(calls)}}.dump();
  return fail(Error(ErrorCode::kInvalidArgument,
                    only.empty() ? "a tool's call is required, but no tools were given"
                                 : fmt::format("tool_choice names the tool '{}', which is not among the tools", only))
                  .with("param", "tool_choice"));
}

}  // namespace hearth
