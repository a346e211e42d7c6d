// What a schema says of values of one type, and whether any finite value satisfies it.
#include <algorithm>
#include <cmath>

#include "text/json_bounds.h"
#include "text/json_schema_lowerer.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kRepetitionsMax = 2000;

// Those that xgrammar 0.2.8 has a grammar for.
const std::set<std::string_view> kFormats = {
    "email", "date",     "time", "date-time",     "duration",     "ipv4",         "ipv6",
    "uuid",  "hostname", "uri",  "uri-reference", "uri-template", "json-pointer", "relative-json-pointer"};

struct TypeHint {
  const char* key;
  const char* type;
};
constexpr TypeHint kHints[] = {
    {"properties", "object"},        {"required", "object"},      {"additionalProperties", "object"},
    {"patternProperties", "object"}, {"propertyNames", "object"}, {"minProperties", "object"},
    {"maxProperties", "object"},     {"items", "array"},          {"prefixItems", "array"},
    {"minItems", "array"},           {"maxItems", "array"},       {"minLength", "string"},
    {"maxLength", "string"},         {"pattern", "string"},       {"format", "string"},
    {"minimum", "number"},           {"maximum", "number"},       {"exclusiveMinimum", "number"},
    {"exclusiveMaximum", "number"},  {"multipleOf", "number"}};

Unexpected invalid(const std::string& place, const std::string& what) {
  return fail(schema_error(ErrorCode::kInvalidArgument, place, what));
}

std::string pointer_part(std::string_view key) {
  std::string out = "/";
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

bool has_escaped_name(const Json& object) {
  if (!object.contains("properties")) return false;
  for (const auto& [name, property] : object["properties"].items())
    if (std::any_of(name.begin(), name.end(),
                    [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }))
      return true;
  return false;
}

// Bounds the other side of a range with one, which else could take any number of digits.
void bound_open_side(Json& range, bool is_integer) {
  const auto is_low = [&range](const char* key) {
    return range.contains(key) && std::abs(range[key].get<double>()) < static_cast<double>(kIntegerMax);
  };
  const bool has_low = range.contains("minimum") || range.contains("exclusiveMinimum");
  const bool has_high = range.contains("maximum") || range.contains("exclusiveMaximum");
  if (has_low == has_high) return;
  const bool is_far = has_low ? !is_low(range.contains("minimum") ? "minimum" : "exclusiveMinimum")
                              : !is_low(range.contains("maximum") ? "maximum" : "exclusiveMaximum");
  if (is_far) return;
  const std::int64_t bound = is_integer ? kIntegerMax : kIntegerMax + 1;  // a double has the latter
  range[has_low ? "maximum" : "minimum"] = has_low ? bound : -bound;
}

bool is_true(const Json& schema) { return schema.is_boolean() && schema.get<bool>(); }

}  // namespace

Result<Json> SchemaLowerer::lower_typed(Json schema, const std::string& place, int depth) {
  if (!schema.contains("type")) {
    for (const auto& hint : kHints)
      if (schema.contains(hint.key)) {
        schema["type"] = hint.type;
        break;
      }
    if (!schema.contains("type")) return Json(Json::object());
  }
  const Json& type = schema["type"];
  if (type.is_string()) return lower_type(schema, type.get<std::string>(), place, depth);
  if (!type.is_array() || type.empty()) return invalid(place, "\"type\" is neither text nor a list of texts");
  Json options = Json::array();
  for (const auto& one : type) {
    if (!one.is_string()) return invalid(place, "\"type\" is neither text nor a list of texts");
    HEARTH_ASSIGN(option, lower_type(schema, one.get<std::string>(), place, depth));
    options.push_back(std::move(option));
  }
  return options.size() == 1 ? Json(options[0]) : Json{{"anyOf", options}};
}

Result<Json> SchemaLowerer::lower_type(const Json& schema, const std::string& type, const std::string& place,
                                       int depth) {
  if (type == "object") return lower_object(schema, place, depth);
  if (type == "array") return lower_array(schema, place, depth);
  if (type == "string") return lower_string(schema, place);
  if (type == "number" || type == "integer") return lower_number(schema, type, place);
  if (type == "boolean" || type == "null") return Json{{"type", type}};
  return invalid(place, "there is no type \"" + type + "\"");
}

Status SchemaLowerer::copy_count(const Json& schema, const std::string& key, Json& out, const std::string& place) {
  if (!schema.contains(key)) return {};
  const Json& value = schema[key];
  const double number = value.is_number() ? value.get<double>() : -1;
  if (number < 0 || number != std::floor(number)) return invalid(place, "\"" + key + "\" is no count");
  if (number <= static_cast<double>(kRepetitionsMax)) {
    out[key] = static_cast<std::int64_t>(number);
  } else if (key.starts_with("max")) {
    notice(place, "\"" + key + "\" above " + std::to_string(kRepetitionsMax) + " is not enforced");
  } else {
    return fail(
        schema_error(ErrorCode::kUnsupported, place, "\"" + key + "\" is above " + std::to_string(kRepetitionsMax)));
  }
  return {};
}

Status SchemaLowerer::lower_members(const Json& schema, const std::string& key, Json& out, const std::string& place,
                                    int depth) {
  if (!schema.contains(key)) return {};
  if (!schema[key].is_object()) return invalid(place, "\"" + key + "\" is no object");
  Json members = Json::object();
  for (const auto& [name, member] : schema[key].items()) {
    // A property that may not be there is left out; one that must be makes the object impossible (lower_required).
    if (member.is_boolean() && !member.get<bool>()) continue;
    const std::string at = place + "/" + key + pointer_part(name);
    const auto pattern = key == "properties" ? std::optional<std::string>(name) : usable_pattern(name);
    if (!pattern) {
      notice(at, "properties of this pattern are not written");
      continue;
    }
    HEARTH_ASSIGN(lowered, lower(member, at, depth + 1));
    members[*pattern] = std::move(lowered);
  }
  if (!members.empty()) out[key] = std::move(members);
  return {};
}

Status SchemaLowerer::lower_required(const Json& schema, Json& out, const std::string& place) {
  if (!schema.contains("required")) return {};
  if (!schema["required"].is_array()) return invalid(place, "\"required\" is no list of names");
  for (const auto& name : schema["required"]) {
    if (!name.is_string()) return invalid(place, "\"required\" is no list of names");
    const auto& key = name.get_ref<const std::string&>();
    const bool is_known = out.contains("properties") && out["properties"].contains(key);
    if (is_known) continue;
    const bool is_forbidden = schema.contains("properties") && schema["properties"].contains(key);
    if (is_forbidden || (out.contains("additionalProperties") && out["additionalProperties"] == false))
      return invalid(place, "the required property \"" + key + "\" is not allowed");
    const bool has_rule = out.contains("additionalProperties") && out["additionalProperties"].is_object();
    out["properties"][key] = has_rule ? out["additionalProperties"] : Json::object();
  }
  out["required"] = schema["required"];
  return {};
}

Result<Json> SchemaLowerer::lower_object(const Json& schema, const std::string& place, int depth) {
  Json out{{"type", "object"}};
  HEARTH_TRY(lower_members(schema, "properties", out, place, depth));
  HEARTH_TRY(lower_members(schema, "patternProperties", out, place, depth));
  const char* rest = schema.contains("additionalProperties") ? "additionalProperties" : "unevaluatedProperties";
  const bool is_closed = schema.contains(rest) && schema[rest] == false;
  if (is_closed) {
    out["additionalProperties"] = false;
  } else if (schema.contains(rest)) {
    HEARTH_ASSIGN(lowered, lower(schema[rest], place + "/" + rest, depth + 1));
    out["additionalProperties"] = std::move(lowered);
  } else if (!out.contains("properties") && !out.contains("patternProperties")) {
    // An object of which nothing is said is any object. Where properties are named, only those are written.
    out["additionalProperties"] = true;
  }
  HEARTH_TRY(lower_required(schema, out, place));
  // xgrammar 0.2.8 tells further names from listed ones by bytes that it forgets to escape.
  const bool is_open = out.contains("patternProperties") ||
                       (out.contains("additionalProperties") && out["additionalProperties"] != false);
  if (is_open && has_escaped_name(out)) {
    notice(place, "no further properties are written beside a name with quotes, backslashes or control characters");
    out.erase("patternProperties");
    out["additionalProperties"] = false;
  }
  if (out.contains("properties") && out["properties"].size() > 0 &&
      (out.contains("patternProperties") ||
       (out.contains("additionalProperties") && out["additionalProperties"] != false)))
    notice(place, "a further property may repeat the name of a listed one");
  if (out.contains("patternProperties") && out.contains("additionalProperties") && out["additionalProperties"] != false)
    notice(place, "a property is held to \"patternProperties\" or to \"additionalProperties\", not to both");
  if (schema.contains("propertyNames")) {
    HEARTH_ASSIGN(names, lower(schema["propertyNames"], place + "/propertyNames", depth + 1));
    if (names.is_object() && !names.empty()) {
      if (!names.contains("type") && !names.contains("enum"))
        notice(place, "\"propertyNames\" is not enforced");
      else
        out["propertyNames"] = std::move(names);
    }
  }
  HEARTH_TRY(copy_count(schema, "minProperties", out, place));
  HEARTH_TRY(copy_count(schema, "maxProperties", out, place));
  return out;
}

Result<Json> SchemaLowerer::lower_array(const Json& schema, const std::string& place, int depth) {
  Json out{{"type", "array"}};
  const bool is_tuple = schema.contains("items") && schema["items"].is_array();  // as before draft 2020-12
  const std::string first = is_tuple ? "items" : "prefixItems";
  const std::string rest = is_tuple ? "additionalItems" : "items";
  if (schema.contains(first)) {
    if (!schema[first].is_array()) return invalid(place, "\"prefixItems\" is no list");
    for (std::size_t i = 0; i < schema[first].size(); ++i) {
      HEARTH_ASSIGN(item, lower(schema[first][i], place + "/" + first + "/" + std::to_string(i), depth + 1));
      out["prefixItems"].push_back(std::move(item));
    }
  }
  if (schema.contains(rest) && schema[rest] == false) {
    out["items"] = false;
  } else {
    HEARTH_ASSIGN(item, lower(schema.contains(rest) ? schema[rest] : Json(true), place + "/" + rest, depth + 1));
    out["items"] = std::move(item);
  }
  HEARTH_TRY(copy_count(schema, "minItems", out, place));
  HEARTH_TRY(copy_count(schema, "maxItems", out, place));
  return out;
}

Result<Json> SchemaLowerer::lower_string(const Json& schema, const std::string& place) {
  Json out{{"type", "string"}};
  if (schema.contains("pattern")) {
    if (!schema["pattern"].is_string()) return invalid(place, "\"pattern\" is no text");
    if (auto pattern = usable_pattern(schema["pattern"].get_ref<const std::string&>()))
      out["pattern"] = *std::move(pattern);
    else
      notice(place, "the pattern is not enforced");
  }
  HEARTH_TRY(copy_count(schema, "minLength", out, place));
  HEARTH_TRY(copy_count(schema, "maxLength", out, place));
  if (out.contains("minLength") && out.contains("maxLength") && out["minLength"] > out["maxLength"])
    return invalid(place, "\"minLength\" is above \"maxLength\"");
  if (schema.contains("format")) HEARTH_TRY(lower_format(schema, out, place));
  if (!out.contains("minLength") && !out.contains("maxLength")) return out;
  if (out.contains("pattern") || out.contains("format")) {
    notice(place, "lengths beside a pattern or format are not enforced");
  } else {
    // xgrammar 0.2.8 lets control characters into strings of bounded length, but not into those of a pattern.
    const std::string most = out.contains("maxLength") ? std::to_string(out["maxLength"].get<int>()) : "";
    const int least = out.contains("minLength") ? out["minLength"].get<int>() : 0;
    out["pattern"] = "^[^\"\\\\\\x00-\\x1f]{" + std::to_string(least) + "," + most + "}$";
  }
  out.erase("minLength");
  out.erase("maxLength");
  return out;
}

// Lengths that the format's own pattern holds to are taken out of `out`.
Status SchemaLowerer::lower_format(const Json& schema, Json& out, const std::string& place) {
  if (!schema["format"].is_string()) return invalid(place, "\"format\" is no text");
  const auto& format = schema["format"].get_ref<const std::string&>();
  if (out.contains("pattern") || !kFormats.contains(format)) {
    notice(place, "the format \"" + format + "\" is not enforced");
    return {};
  }
  const auto most = out.contains("maxLength") ? std::optional<int>(out["maxLength"].get<int>()) : std::nullopt;
  const auto bounded = bounded_format(format, most);
  if (!bounded) {
    out["format"] = format;
    return {};
  }
  if (most && *most < bounded->length_min)
    return invalid(place, "no text of the format \"" + format + "\" is as short as \"maxLength\" says");
  out["pattern"] = bounded->pattern;
  out.erase("maxLength");
  if (out.contains("minLength") && out["minLength"].get<int>() <= bounded->length_min) out.erase("minLength");
  return {};
}

Result<Json> SchemaLowerer::lower_number(const Json& schema, const std::string& type, const std::string& place) {
  Json out{{"type", type}};
  for (const char* key : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) {
    if (!schema.contains(key)) continue;
    const Json& value = schema[key];
    if (value.is_boolean()) {  // as in draft 4: makes the bound beside it exclusive
      const char* bound = std::string_view(key) == "exclusiveMinimum" ? "minimum" : "maximum";
      if (value == true && out.contains(bound)) {
        out[key] = out[bound];
        out.erase(bound);
      }
      continue;
    }
    if (!value.is_number()) return invalid(place, "\"" + std::string(key) + "\" is no number");
    out[key] = value;
  }
  if (schema.contains("multipleOf")) {
    const Json& value = schema["multipleOf"];
    if (!value.is_number() || value.get<double>() <= 0) return invalid(place, "\"multipleOf\" is not above 0");
    const bool is_bounded = out.size() > 1;
    if (!is_bounded && type == "integer" && value.is_number_integer() && value.get<std::int64_t>() <= 1000)
      out["multipleOf"] = value;
    else
      notice(place, "\"multipleOf\" is not enforced");
  }
  if (!out.contains("multipleOf")) bound_open_side(out, type == "integer");
  return out;
}

// Definitions are finite when some value ends: found by adding those that are, until none is added.
Status SchemaLowerer::check_finite(const Json& lowered) {
  std::set<std::string> finite;
  for (bool grows = true; grows;) {
    grows = false;
    for (const auto& [name, schema] : defs_.items())
      if (!finite.contains("#/$defs/" + name) && is_finite(schema, finite))
        grows = finite.insert("#/$defs/" + name).second;
  }
  for (const auto& [name, schema] : defs_.items()) {
    const auto index = static_cast<std::size_t>(std::stoul(name.substr(1)));
    if (!finite.contains("#/$defs/" + name)) return invalid(targets_[index], "no finite value satisfies it");
  }
  if (!is_finite(lowered, finite)) return invalid("#", "no finite value satisfies it");
  return {};
}

bool SchemaLowerer::is_finite(const Json& schema, const std::set<std::string>& finite) const {
  if (!schema.is_object()) return is_true(schema);
  if (schema.contains("$ref")) return finite.contains(schema["$ref"].get<std::string>());
  if (schema.contains("anyOf"))
    return std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(),
                       [&](const Json& s) { return is_finite(s, finite); });
  if (schema.contains("required"))
    for (const auto& name : schema["required"])
      if (!is_finite(schema["properties"][name.get<std::string>()], finite)) return false;
  if (!schema.contains("minItems")) return true;
  const auto wanted = schema["minItems"].get<std::size_t>();
  const std::size_t listed = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
  for (std::size_t i = 0; i < std::min(wanted, listed); ++i)
    if (!is_finite(schema["prefixItems"][i], finite)) return false;
  return wanted <= listed || is_finite(schema["items"], finite);
}

}  // namespace hearth
