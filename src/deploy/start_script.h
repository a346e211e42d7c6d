// A script that starts a program: Bash, or PowerShell on Windows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/plan.h"

namespace hearth {

// A word of a command line; `in_folder` makes a path below the plan's folder absolute.
struct ScriptWord {
  std::string text;
  bool in_folder = false;
};

// One line of a command: an option with its value, or the program with what leads.
using ScriptLine = std::vector<ScriptWord>;
using ScriptCommand = std::vector<ScriptLine>;

struct ScriptStep {
  ScriptCommand command;
  std::string unless_there;  // skipped when this path exists
};

struct StartScript {
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::pair<std::string, std::string>> needed;  // a path and what to put there; missing: exit status 4
  std::vector<ScriptStep> steps;                            // run first, in order
  ScriptCommand server;                                     // takes the script's place
};

// At `stem`.sh or, for os "windows", `stem`.ps1; `stem` is relative to the plan's folder.
[[nodiscard]] PlanConfigFile script_file(const std::string& tool, const std::string& stem, const std::string& os,
                                         const StartScript& script);

[[nodiscard]] ScriptLine line(const std::string& option);
[[nodiscard]] ScriptLine line(const std::string& option, const std::string& value);

}  // namespace hearth
