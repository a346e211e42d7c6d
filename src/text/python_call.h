// Calls written as Python: name(key=value, ...), as Llama's built-in tools and Gemma's tool_code spell them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct PythonCall {
  std::string name;            // may hold dots
  std::string arguments_json;  // the keyword arguments as a JSON object
};

// The whole text as calls: one a line or statement, or a list of them; each may stand inside print(). Nothing when the
// text is anything else. Values: strings, numbers, True, False, None, lists, dictionaries with string keys.
[[nodiscard]] std::optional<std::vector<PythonCall>> parse_python_calls(std::string_view text);

}  // namespace hearth
