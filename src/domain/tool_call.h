// Tools a model may call and the calls it makes.
// JSON crosses the domain as text: a model writes arguments token by token and a client reads them as text, so a value
// type would be parsed only to be written again (and would spell numbers anew); who needs the structure parses it once.
#pragma once

#include <string>

namespace hearth {

struct ToolDefinition {
  std::string name;
  std::string description{};
  std::string parameters_json{};  // a JSON Schema as text; empty: no parameters
};

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments_json{};  // a JSON object as text, verbatim from the model
  bool malformed = false;        // the model broke off or broke the syntax: arguments_json is what came before
};

}  // namespace hearth
