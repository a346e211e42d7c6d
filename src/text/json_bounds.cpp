#include "text/json_bounds.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

namespace hearth {
namespace {

struct Rule {
  std::string name, body;
};

std::vector<Rule> rules_of(std::string_view ebnf) {
  std::vector<Rule> rules;
  while (!ebnf.empty()) {
    const auto end = ebnf.find('\n');
    const std::string_view line = ebnf.substr(0, end);
    if (const auto sign = line.find(" ::= "); sign != std::string_view::npos)
      rules.push_back({std::string(line.substr(0, sign)), std::string(line.substr(sign + 5))});
    else if (!line.empty() && !rules.empty())
      rules.back().body += '\n' + std::string(line);
    ebnf.remove_prefix(end == std::string_view::npos ? ebnf.size() : end + 1);
  }
  return rules;
}

bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The last name in a body: in a property's rule that of its value.
std::string last_name(std::string_view body) {
  const auto end = body.find_last_not_of(" )");
  if (end == std::string_view::npos) return {};
  auto begin = end + 1;
  while (begin > 0 && is_word(body[begin - 1])) --begin;
  return std::string(body.substr(begin, end + 1 - begin));
}

// Finds endless repetitions of properties, "name{2, -1}" with "_properties" in the name, outside of quotes.
class PropertyBounder {
 public:
  explicit PropertyBounder(const std::vector<Rule>& rules) {
    for (const auto& rule : rules) bodies_[rule.name] = rule.body;
  }

  [[nodiscard]] std::string bounded(std::string_view body) const {
    std::string out;
    bool in_quotes = false;
    for (std::size_t at = 0; at < body.size(); ++at) {
      const char c = body[at];
      out += c;
      if (c == '\\' && at + 1 < body.size()) out += body[++at];
      if (c == '"') in_quotes = !in_quotes;
      if (c == '{' && !in_quotes) at = bound_repetition(body, at, out);
    }
    return out;
  }

 private:
  static constexpr std::string_view kEndless = ", -1}";

  // `at` is that of the brace; what was read last comes back.
  std::size_t bound_repetition(std::string_view body, std::size_t at, std::string& out) const {
    const std::string name = last_name(body.substr(0, at));
    const auto comma = body.find_first_not_of("0123456789", at + 1);
    if (comma == std::string_view::npos || !body.substr(comma).starts_with(kEndless) ||
        name.find("_properties") == std::string::npos)
      return at;
    int least = 0;
    std::from_chars(body.data() + at + 1, body.data() + comma, least);
    // Behind named properties alone all repetitions stand in the rule; elsewhere one stands before it.
    const int before = name.find("_additional_properties") == std::string::npos ? 1 : 0;
    out += std::to_string(least) + ", " + std::to_string(std::max(least, most(name) - before)) + "}";
    return comma + kEndless.size() - 1;
  }

  [[nodiscard]] int most(const std::string& name) const {
    const auto property = bodies_.find(name);
    const auto any = bodies_.find("basic_any");
    if (property == bodies_.end() || any == bodies_.end()) return kTypedPropertiesMax;
    const auto value = bodies_.find(last_name(property->second));
    const bool is_free = value != bodies_.end() && value->second == any->second;
    return is_free ? kFreePropertiesMax : kTypedPropertiesMax;
  }

  std::map<std::string, std::string> bodies_;
};

std::string digits(int least, int most) {
  return "json_digit{" + std::to_string(least) + ", " + std::to_string(most) + "}";
}

std::map<std::string, std::string> bounded_rules() {
  std::map<std::string, std::string> rules;
  const std::string whole = R"(("0" | [1-9] )" + digits(0, kIntegerDigitsMax - 1) + ")";
  rules["json_digit"] = "[0-9]";
  rules["json_space"] = R"("" | [ \n\r\t])";
  rules["basic_integer"] = R"("0" | ("-" | "") [1-9] )" + digits(0, kIntegerDigitsMax - 1);
  rules["basic_number"] = R"(("-" | "") )" + whole + R"((("." )" + digits(1, kFractionDigitsMax) +
                          R"() | "") (([eE] ([+\-] | "") )" + digits(1, kExponentDigitsMax) + R"() | ""))";
  const std::string scalars = "basic_number | basic_string | basic_boolean | basic_null";
  for (int depth = 0; depth <= kFreeDepthMax; ++depth) {
    const std::string at = std::to_string(depth), inner = "json_any_" + std::to_string(depth - 1);
    const std::string property = R"(basic_string json_space ":" json_space )" + inner;
    rules["json_any_" + at] = depth == 0 ? scalars : scalars + " | json_array_" + at + " | json_object_" + at;
    if (depth == 0) continue;
    const std::string comma = R"(json_space "," json_space )";
    rules["json_item_" + at] = comma + inner;
    rules["json_property_" + at] = comma + property;
    rules["json_array_" + at] = R"("[" json_space ("" | )" + inner + " json_item_" + at + "{0, " +
                                std::to_string(kFreeItemsMax - 1) + R"(} json_space) "]")";
    rules["json_object_" + at] = R"("{" json_space ("" | )" + property + " json_property_" + at + "{0, " +
                                 std::to_string(kFreePropertiesMax - 1) + R"(} json_space) "}")";
  }
  for (const char* kind : {"any", "array", "object"})
    rules[std::string("basic_") + kind] = std::string("json_") + kind + "_" + std::to_string(kFreeDepthMax);
  return rules;
}

}  // namespace

std::string bounded_json_grammar(const std::string& ebnf) {
  const auto rules = rules_of(ebnf);
  const PropertyBounder bounder(rules);
  auto ours = bounded_rules();
  std::string out;
  for (const auto& rule : rules)
    if (!ours.contains(rule.name)) out += rule.name + " ::= " + bounder.bounded(rule.body) + "\n";
  for (const auto& [name, body] : ours) out += name + " ::= " + body + "\n";
  return out;
}

}  // namespace hearth
