#include "deploy/yaml.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

// Words that YAML 1.1 reads as booleans or nothing. Source: yaml.org/type/bool, yaml.org/type/null.
bool is_reserved(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::array kWords{"y", "n", "yes", "no", "true", "false", "on", "off", "null"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool is_plain(const std::string& text) {
  if (text.empty() || is_reserved(text)) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || std::string_view("-_./").find(c) != std::string_view::npos;
         });
}

// JSON's escapes are YAML's.
std::string scalar(const Json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_block(const Json& value) { return (value.is_object() || value.is_array()) && !value.empty(); }

void write(const Json& value, std::size_t indent, std::string& out) {
  const std::string pad(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      out += pad + scalar(key) + ":";
      if (is_block(child)) {
        out += "\n";
        write(child, indent + 2, out);
      } else {
        out += " " + scalar(child) + "\n";
      }
    }
    return;
  }
  for (const auto& child : value) {
    if (!is_block(child)) {
      out += pad + "- " + scalar(child) + "\n";
      continue;
    }
    std::string nested;
    write(child, indent + 2, nested);
    out += pad + "- " + nested.substr(indent + 2);
  }
}

}  // namespace

std::string yaml_text(const nlohmann::ordered_json& value) {
  std::string out;
  if (is_block(value))
    write(value, 0, out);
  else
    out = scalar(value) + "\n";
  return out;
}

}  // namespace hearth
