// Which family a chat template belongs to, and what the tools offered say of their parameters.
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "text/tool_call_parser.h"

namespace hearth {
namespace {

struct FamilyRow {
  CallFamily family;
  std::string_view name;
  ToolCallParserFactory* make;
};

constexpr std::array kFamilies{
    FamilyRow{CallFamily::kNone, "none", nullptr},
    FamilyRow{CallFamily::kHermes, "hermes", make_hermes_parser},
    FamilyRow{CallFamily::kQwenXml, "qwen-xml", make_qwen_xml_parser},
    FamilyRow{CallFamily::kLlama, "llama", make_llama_parser},
    FamilyRow{CallFamily::kMistral, "mistral", make_mistral_parser},
    FamilyRow{CallFamily::kDeepSeek, "deepseek", make_deepseek_parser},
    FamilyRow{CallFamily::kGemma, "gemma", make_gemma_parser},
    FamilyRow{CallFamily::kPhi, "phi", make_phi_parser},
    FamilyRow{CallFamily::kHarmony, "harmony", nullptr},
    FamilyRow{CallFamily::kGeneric, "generic", make_generic_parser},
};

// The first mark that a template contains decides. Source: the chat templates that the models are published with.
constexpr std::pair<std::string_view, CallFamily> kMarks[] = {
    {"<|channel|>", CallFamily::kHarmony},
    {"<function=", CallFamily::kQwenXml},
    {"<tool_call>", CallFamily::kHermes},
    {"[TOOL_CALLS]", CallFamily::kMistral},
    {"<\uFF5Ctool\u2581calls\u2581begin\uFF5C>", CallFamily::kDeepSeek},
    {"<|tool_call|>", CallFamily::kPhi},
    {"functools", CallFamily::kPhi},
    {"<|python_tag|>", CallFamily::kLlama},
    {"<|start_header_id|>", CallFamily::kLlama},
    {"tool_code", CallFamily::kGemma},
    {"<start_of_turn>", CallFamily::kGemma},
};

}  // namespace

std::string_view to_string(CallFamily family) { return kFamilies[static_cast<std::size_t>(family)].name; }

CallFamily detect_call_family(std::string_view template_source) {
  for (const auto& [mark, family] : kMarks)
    if (template_source.find(mark) != std::string_view::npos) return family;
  return CallFamily::kGeneric;
}

std::unique_ptr<ToolCallParser> make_tool_call_parser(CallFamily family, EventSink& sink, const ToolTypes& types) {
  const auto& row = kFamilies[static_cast<std::size_t>(family)];
  return row.make == nullptr ? nullptr : row.make(sink, types);
}

ToolTypes::ToolTypes(const std::vector<ToolDefinition>& tools) {
  for (const auto& tool : tools) {
    names_.insert(tool.name);
    const auto schema = nlohmann::json::parse(tool.parameters_json, nullptr, false);
    if (!schema.is_object() || !schema.contains("properties") || !schema["properties"].is_object()) continue;
    for (const auto& [name, property] : schema["properties"].items()) {
      if (!property.is_object() || !property.contains("type") || !property["type"].is_string()) continue;
      parameters_.push_back({tool.name, name, property["type"] == "string" ? Type::kString : Type::kOther});
    }
  }
}

bool ToolTypes::knows(std::string_view name) const { return names_.empty() || names_.find(name) != names_.end(); }

ToolTypes::Type ToolTypes::parameter(std::string_view tool, std::string_view name) const {
  for (const auto& row : parameters_)
    if (row.tool == tool && row.name == name) return row.type;
  return Type::kUnknown;
}

JsonCallRules ToolTypes::rules(bool tentative) const {
  return {tentative, [this](std::string_view name) { return knows(name); }};
}

}  // namespace hearth
