// A table of the keys a JSON object may have: checks objects with errors that name the place, and makes the JSON Schema
// that describe publishes, so that what is checked and what is documented are one fact.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/sdk/error.h"

namespace hearth::sdk {

enum class KeyType { kBool, kInteger, kNumber, kString, kArray, kObject };

struct Key {
  std::string name;
  KeyType type = KeyType::kString;
  std::string about = {};  // one line, unit included
  bool required = false;
  std::optional<double> minimum = {};  // of numbers
  std::optional<double> maximum = {};
  std::vector<std::string> one_of = {};  // of strings; empty = any
};

inline std::string_view key_type_name(KeyType type) {
  constexpr std::string_view kNames[] = {"boolean", "integer", "number", "string", "array", "object"};
  return kNames[static_cast<std::size_t>(type)];
}

inline bool has_type(const nlohmann::json& value, KeyType type) {
  switch (type) {
    case KeyType::kBool: return value.is_boolean();
    case KeyType::kInteger: return value.is_number_integer();
    case KeyType::kNumber: return value.is_number();
    case KeyType::kString: return value.is_string();
    case KeyType::kArray: return value.is_array();
    case KeyType::kObject: return value.is_object();
  }
  return false;
}

// The JSON text of `value` for a message; bytes that are no UTF-8 are replaced, never thrown over.
inline std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Throws INVALID_DATA naming `where` (such as "faults[2]") unless `value` is right for `key`.
inline void check_value(const nlohmann::json& value, const Key& key, const std::string& where) {
  const auto bad = [&](const std::string& wanted) {
    throw Error(HEARTH_INVALID_DATA, where + " is " + json_text(value).substr(0, 80) + "; it must be " + wanted);
  };
  if (!has_type(value, key.type)) bad("a JSON " + std::string(key_type_name(key.type)));
  if (value.is_number() && key.minimum && value.get<double>() < *key.minimum)
    bad("at least " + nlohmann::json(*key.minimum).dump());
  if (value.is_number() && key.maximum && value.get<double>() > *key.maximum)
    bad("at most " + nlohmann::json(*key.maximum).dump());
  if (value.is_string() && !key.one_of.empty() &&
      std::ranges::find(key.one_of, value.get_ref<const std::string&>()) == key.one_of.end()) {
    bad("one of: " + join(key.one_of));
  }
}

// Throws INVALID_DATA unless `object` is an object with only these keys, each of its type, none that is required
// missing.
inline void check_object(const nlohmann::json& object, const std::vector<Key>& keys, const std::string& where) {
  if (!object.is_object()) throw Error(HEARTH_INVALID_DATA, where + " is not a JSON object");
  for (const auto& [name, value] : object.items()) {
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) {
      std::vector<std::string> known;
      for (const auto& each : keys) known.push_back(each.name);
      throw Error(HEARTH_INVALID_DATA, where + " has the unknown key '" + name + "'; known are: " + join(known));
    }
    check_value(value, *key, where + "." + name);
  }
  for (const auto& key : keys) {
    if (key.required && !object.contains(key.name))
      throw Error(HEARTH_INVALID_DATA, where + " lacks the key '" + key.name + "'");
  }
}

// The JSON Schema that says the same.
inline nlohmann::json json_schema(const std::vector<Key>& keys) {
  nlohmann::json schema = {
      {"type", "object"}, {"additionalProperties", false}, {"properties", nlohmann::json::object()}};
  for (const auto& key : keys) {
    nlohmann::json property = {{"type", key_type_name(key.type)}};
    if (!key.about.empty()) property["description"] = key.about;
    if (key.minimum) property["minimum"] = *key.minimum;
    if (key.maximum) property["maximum"] = *key.maximum;
    if (!key.one_of.empty()) property["enum"] = key.one_of;
    schema["properties"][key.name] = std::move(property);
    if (key.required) schema["required"].push_back(key.name);
  }
  return schema;
}

// Parses `text`; throws INVALID_DATA naming `where` and the place of the fault.
inline nlohmann::json parse_json(std::string_view text, const std::string& where) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(HEARTH_INVALID_DATA,
                where + " is not valid JSON at byte " + std::to_string(error.byte) + "; correct it there");
  }
}

}  // namespace hearth::sdk
