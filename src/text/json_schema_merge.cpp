#include "text/json_schema_merge.h"

#include <algorithm>

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

Json as_list(const Json& value) { return value.is_array() ? value : Json::array({value}); }

bool contains(const Json& list, const Json& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

Result<Json> merge_types(const Json& a, const Json& b, const std::string& place) {
  Json both = Json::array();
  for (const auto& type : as_list(a)) {
    if (contains(as_list(b), type)) {
      both.push_back(type);
    } else if ((type == "integer" && contains(as_list(b), "number")) ||
               (type == "number" && contains(as_list(b), "integer"))) {
      both.push_back("integer");
    }
  }
  if (both.empty()) return fail(schema_error(ErrorCode::kInvalidArgument, place, "no type satisfies all its parts"));
  return both.size() == 1 ? both[0] : both;
}

// Members of both sides; the same member of both must hold both.
Json merge_members(Json a, const Json& b) {
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key))
      a[key] = value;
    else if (a[key] != value)
      a[key] = Json{{"allOf", Json::array({a[key], value})}};
  }
  return a;
}

Json merge_options(const Json& a, const Json& b) {
  Json pairs = Json::array();
  for (const auto& x : a)
    for (const auto& y : b) pairs.push_back(Json{{"allOf", Json::array({x, y})}});
  return pairs;
}

Result<Json> merge_enums(const Json& a, const Json& b, const std::string& place) {
  Json both = Json::array();
  for (const auto& value : a)
    if (contains(b, value)) both.push_back(value);
  if (both.empty()) return fail(schema_error(ErrorCode::kInvalidArgument, place, "no value is in all its enums"));
  return both;
}

bool is_closed(const Json& schema) {
  return schema.contains("additionalProperties") && schema["additionalProperties"] != true;
}

bool has_other_properties(const Json& schema, const Json& closed) {
  if (!schema.contains("properties")) return false;
  for (const auto& [key, value] : schema["properties"].items())
    if (!closed.contains("properties") || !closed["properties"].contains(key)) return true;
  return false;
}

Result<Json> merge_keyword(const std::string& key, const Json& a, const Json& b, const std::string& place) {
  static const std::initializer_list<std::string_view> kLargest = {"minimum",  "exclusiveMinimum", "minLength",
                                                                   "minItems", "minProperties",    "minContains"};
  static const std::initializer_list<std::string_view> kSmallest = {"maximum",  "exclusiveMaximum", "maxLength",
                                                                    "maxItems", "maxProperties",    "maxContains"};
  const auto in = [&key](const auto& list) { return std::find(list.begin(), list.end(), key) != list.end(); };
  if (in(kLargest) && a.is_number() && b.is_number()) return a.get<double>() < b.get<double>() ? b : a;
  if (in(kSmallest) && a.is_number() && b.is_number()) return a.get<double>() < b.get<double>() ? a : b;
  if (key == "type") return merge_types(a, b, place);
  if ((key == "properties" || key == "patternProperties" || key == "$defs") && a.is_object() && b.is_object())
    return merge_members(a, b);
  if (key == "enum" && a.is_array() && b.is_array()) return merge_enums(a, b, place);
  if ((key == "anyOf" || key == "oneOf") && a.is_array() && b.is_array()) return merge_options(a, b);
  if (key == "items" || key == "additionalProperties" || key == "propertyNames" || key == "contains")
    return Json{{"allOf", Json::array({a, b})}};
  return fail(schema_error(ErrorCode::kUnsupported, place, "two different values of \"" + key + "\" can't be merged"));
}

void append_to(Json& list, const Json& more) {
  for (const auto& value : more)
    if (!contains(list, value)) list.push_back(value);
}

}  // namespace

Error schema_error(ErrorCode code, const std::string& place, const std::string& what) {
  return Error(code, "the JSON Schema at " + place + ": " + what, "change the schema there").with("place", place);
}

bool has_schema_type(const Json& value, const Json& type) {
  if (type.is_null()) return true;
  const Json types = as_list(type);
  const auto is = [&types](const char* name) { return contains(types, name); };
  switch (value.type()) {
    case Json::value_t::null: return is("null");
    case Json::value_t::boolean: return is("boolean");
    case Json::value_t::string: return is("string");
    case Json::value_t::array: return is("array");
    case Json::value_t::object: return is("object");
    case Json::value_t::number_float: {
      const auto number = value.get<double>();
      return is("number") || (is("integer") && number == static_cast<double>(static_cast<std::int64_t>(number)));
    }
    default: return is("number") || is("integer");
  }
}

Result<Json> merge_schemas(Json a, const Json& b, const std::string& place) {
  if (b.is_boolean() && b.get<bool>()) return a;
  if (a.is_boolean() && a.get<bool>()) return b;
  if (a.is_boolean() || b.is_boolean())
    return fail(schema_error(ErrorCode::kInvalidArgument, place, "nothing satisfies it"));
  if (!a.is_object() || !b.is_object())
    return fail(schema_error(ErrorCode::kInvalidArgument, place, "a schema is an object, true or false"));
  if ((is_closed(a) && has_other_properties(b, a)) || (is_closed(b) && has_other_properties(a, b)))
    return fail(schema_error(ErrorCode::kUnsupported, place, "one part restricts properties that another part adds"));
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) {
      a[key] = value;
    } else if ((key == "required" || key == "allOf") && a[key].is_array() && value.is_array()) {
      append_to(a[key], value);
    } else if (a[key] != value) {
      HEARTH_ASSIGN(merged, merge_keyword(key, a[key], value, place));
      a[key] = std::move(merged);
    }
  }
  return a;
}

}  // namespace hearth
