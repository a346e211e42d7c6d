#include "text/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "text/json_schema_lowerer.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBytesMax = 256U << 10U;
constexpr int kDepthMax = 48;
constexpr std::size_t kNodesMax = 20000;

// Source: JSON Schema 2020-12; annotations say nothing about what is valid.
const std::set<std::string_view> kAnnotations = {
    "title",     "description", "default",  "examples",      "example",         "deprecated",       "readOnly",
    "writeOnly", "$comment",    "$schema",  "$id",           "$anchor",         "$dynamicAnchor",   "$vocabulary",
    "$defs",     "definitions", "nullable", "discriminator", "contentEncoding", "contentMediaType", "strict"};
const std::set<std::string_view> kUncountable = {
    "not",         "if",       "then",        "else",        "dependentRequired", "dependentSchemas", "dependencies",
    "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems",  "$dynamicRef"};

Unexpected invalid(const std::string& place, const std::string& what) {
  return fail(schema_error(ErrorCode::kInvalidArgument, place, what));
}
Unexpected unsupported(const std::string& place, const std::string& what) {
  return fail(schema_error(ErrorCode::kUnsupported, place, what));
}

int bracket_depth(std::string_view json) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\') ++i;
    if (c == '"') in_string = !in_string;
    if (!in_string && (c == '{' || c == '[')) deepest = std::max(deepest, ++depth);
    if (!in_string && (c == '}' || c == ']')) --depth;
  }
  return deepest;
}

}  // namespace

Result<LoweredSchema> SchemaLowerer::run() {
  HEARTH_ASSIGN(lowered, lower(root_, "#", 0));
  // Targets may name further targets.
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const std::string pointer = targets_[i];
    HEARTH_ASSIGN(source, resolve(pointer, pointer));
    HEARTH_ASSIGN(target, lower(source, pointer, 0));
    defs_["r" + std::to_string(i)] = std::move(target);
  }
  HEARTH_TRY(check_finite(lowered));
  if (!defs_.empty()) {
    if (lowered.is_boolean()) lowered = Json::object();
    lowered["$defs"] = defs_;
  }
  return LoweredSchema{lowered.dump(), notices_};
}

void SchemaLowerer::notice(const std::string& place, const std::string& what) {
  std::string text = place + ": " + what;
  if (std::find(notices_.begin(), notices_.end(), text) == notices_.end()) notices_.push_back(std::move(text));
}

Result<Json> SchemaLowerer::resolve(const std::string& reference, const std::string& place) const {
  if (reference.empty() || reference[0] != '#' || (reference.size() > 1 && reference[1] != '/'))
    return unsupported(place, "the reference \"" + reference + "\" leaves the document");
  try {
    return Json(root_.at(Json::json_pointer(reference.substr(1))));
  } catch (const nlohmann::json::exception&) {
    return invalid(place, "the reference \"" + reference + "\" names nothing");
  }
}

Result<Json> SchemaLowerer::dereferenced(Json schema, const std::string& place) const {
  for (int hops = 0; schema.is_object() && schema.contains("$ref"); ++hops) {
    if (hops > 16) return invalid(place, "its references go in a circle");
    if (!schema["$ref"].is_string()) return invalid(place, "\"$ref\" is no text");
    HEARTH_ASSIGN(target, resolve(schema["$ref"].get<std::string>(), place));
    schema.erase("$ref");
    HEARTH_ASSIGN(merged, merge_schemas(std::move(target), schema, place));
    schema = std::move(merged);
  }
  return schema;
}

Result<Json> SchemaLowerer::reference(const std::string& pointer, const std::string& place) {
  HEARTH_TRY(resolve(pointer, place));
  auto at = std::find(targets_.begin(), targets_.end(), pointer);
  if (at == targets_.end()) at = targets_.insert(targets_.end(), pointer);
  return Json{{"$ref", "#/$defs/r" + std::to_string(at - targets_.begin())}};
}

Result<Json> SchemaLowerer::lower(Json schema, const std::string& place, int depth) {
  if (depth > kDepthMax) return unsupported(place, "it is nested deeper than " + std::to_string(kDepthMax) + " levels");
  if (++nodes_ > kNodesMax)
    return unsupported(place, "it has more than " + std::to_string(kNodesMax) + " parts once merged");
  if (schema.is_boolean())
    return schema.get<bool>() ? Result<Json>(std::move(schema)) : invalid(place, "nothing satisfies it");
  if (!schema.is_object()) return invalid(place, "a schema is an object, true or false");
  drop_annotations(schema, place);
  if (schema.contains("$ref") && schema.size() == 1) {
    if (!schema["$ref"].is_string()) return invalid(place, "\"$ref\" is no text");
    return reference(schema["$ref"].get<std::string>(), place);
  }
  if (schema.contains("allOf")) return lower_all_of(std::move(schema), place, depth);
  if (schema.contains("$ref")) {
    HEARTH_ASSIGN(merged, dereferenced(std::move(schema), place));
    return lower(std::move(merged), place, depth + 1);
  }
  if (schema.contains("const") || schema.contains("enum")) return lower_enum(schema, place);
  for (const char* key : {"anyOf", "oneOf"})
    if (schema.contains(key)) return lower_options(std::move(schema), key, place, depth);
  return lower_typed(std::move(schema), place, depth);
}

void SchemaLowerer::drop_annotations(Json& schema, const std::string& place) {
  Json kept = Json::object();
  for (const auto& [key, value] : schema.items()) {
    if (kAnnotations.contains(key) || key.starts_with("x-")) continue;
    if (kUncountable.contains(key)) {
      if (key != "uniqueItems" || value != false) notice(place, "\"" + key + "\" is not enforced");
      continue;
    }
    kept[key] = value;
  }
  schema = std::move(kept);
}

Result<Json> SchemaLowerer::lower_all_of(Json schema, const std::string& place, int depth) {
  const Json parts = schema["allOf"];
  if (!parts.is_array() || parts.empty()) return invalid(place, "\"allOf\" is no list of schemas");
  schema.erase("allOf");
  if (parts.size() == 1 && schema.empty()) return lower(parts[0], place + "/allOf/0", depth + 1);
  HEARTH_ASSIGN(merged, dereferenced(std::move(schema), place));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    HEARTH_ASSIGN(part, dereferenced(parts[i], place + "/allOf/" + std::to_string(i)));
    HEARTH_ASSIGN(more, merge_schemas(std::move(merged), part, place));
    merged = std::move(more);
  }
  return lower(std::move(merged), place, depth + 1);
}

// What stands beside the options holds for each of them.
Result<Json> SchemaLowerer::lower_options(Json schema, const std::string& key, const std::string& place, int depth) {
  const Json options = schema[key];
  if (!options.is_array() || options.empty()) return invalid(place, "\"" + key + "\" is no list of schemas");
  schema.erase(key);
  if (key == "oneOf" && options.size() > 1) notice(place, "\"oneOf\" is enforced as \"anyOf\"");
  Json lowered = Json::array();
  std::optional<Error> refusal;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string at = place + "/" + key + "/" + std::to_string(i);
    auto option = schema.empty() ? Result<Json>(options[i]) : merged_option(options[i], schema, at);
    if (option) option = lower(*option, at, depth + 1);
    // An option that nothing satisfies leaves the others.
    if (option)
      lowered.push_back(*option);
    else if (option.error().code == ErrorCode::kInvalidArgument && options[i] != false && !options[i].is_object())
      return option;
    else if (option.error().code == ErrorCode::kUnsupported)
      return option;
    else
      refusal = option.error();
  }
  if (lowered.empty()) return fail(*refusal);
  if (lowered.size() == 1) return Json(lowered[0]);
  return Json{{"anyOf", lowered}};
}

Result<Json> SchemaLowerer::merged_option(const Json& option, const Json& beside, const std::string& place) const {
  HEARTH_ASSIGN(source, dereferenced(option, place));
  return merge_schemas(std::move(source), beside, place);
}

Result<Json> SchemaLowerer::lower_enum(const Json& schema, const std::string& place) {
  Json values = schema.contains("enum") ? schema["enum"] : Json::array({schema["const"]});
  if (!values.is_array()) return invalid(place, "\"enum\" is no list");
  Json kept = Json::array();
  const Json type = schema.contains("type") ? schema["type"] : Json();
  for (const auto& value : values) {
    if (!has_schema_type(value, type) || (schema.contains("const") && value != schema["const"])) continue;
    if (std::find(kept.begin(), kept.end(), value) == kept.end()) kept.push_back(value);
  }
  if (kept.empty()) return invalid(place, "no value satisfies its enum");
  nodes_ += kept.size();
  for (const auto& [key, value] : schema.items())
    if (key != "enum" && key != "const" && key != "type")
      notice(place, "\"" + key + "\" beside an enum is not enforced");
  return Json{{"enum", kept}};
}

Result<LoweredSchema> lower_json_schema(const std::string& text) {
  if (text.size() > kBytesMax) return unsupported("#", "it has more than " + std::to_string(kBytesMax / 1024) + " KiB");
  // The parser copes with any nesting, copies of its values don't.
  if (bracket_depth(text) > 2 * kDepthMax + 2) return unsupported("#", "it is nested too deeply");
  const auto root = Json::parse(text, nullptr, false);
  if (root.is_discarded()) return invalid("#", "it is no JSON");
  return SchemaLowerer(root).run();
}

}  // namespace hearth
