#include "deploy/start_script.h"

#include <fmt/format.h>
#include <algorithm>

#include "deploy/quoting.h"
#include "deploy/target.h"

namespace hearth {
namespace {

std::string way_up(const std::string& stem, const char* separator) {
  std::string up = "..";
  for (auto depth = std::count(stem.begin(), stem.end(), '/'); depth > 1; --depth) up += std::string(separator) + "..";
  return up;
}

std::string joined(const ScriptCommand& command, const char* line_end, std::string (*word_text)(const ScriptWord&)) {
  std::string out;
  for (const auto& words : command) {
    if (!out.empty()) out += line_end;
    for (std::size_t at = 0; at < words.size(); ++at) out += (at > 0 ? " " : "") + word_text(words[at]);
  }
  return out;
}

std::string bash_word(const ScriptWord& word) { return (word.in_folder ? "\"$PWD\"/" : "") + shell_quote(word.text); }

std::string powershell_word(const ScriptWord& word) {
  return word.in_folder ? "(Join-Path $PWD " + powershell_quote(word.text) + ")" : powershell_quote(word.text);
}

std::string bash_text(const std::string& stem, const StartScript& script) {
  std::string out = "#!/usr/bin/env bash\n" + comment_lines(script.notes, "#") + "set -euo pipefail\n";
  out += fmt::format("cd -- \"$(dirname -- \"${{BASH_SOURCE[0]}}\")/{}\"\n", way_up(stem, "/"));
  for (const auto& [name, value] : script.environment) out += fmt::format("export {}={}\n", name, shell_quote(value));
  if (!script.needed.empty())
    out +=
        "need() { [ -e \"$1\" ] || { printf 'error: %s is not there; put %s there\\n' \"$1\" \"$2\" >&2; exit 4; }; "
        "}\n";
  for (const auto& [path, what] : script.needed)
    out += fmt::format("need {} {}\n", shell_quote(path), shell_quote(what));
  for (const auto& step : script.steps) {
    const std::string text = joined(step.command, " \\\n  ", bash_word);
    out += step.unless_there.empty() ? text + "\n"
                                     : fmt::format("[ -e {} ] || {}\n", shell_quote(step.unless_there), text);
  }
  return out + "exec " + joined(script.server, " \\\n  ", bash_word) + "\n";
}

std::string powershell_text(const std::string& stem, const StartScript& script) {
  std::string out = comment_lines(script.notes, "#") + "$ErrorActionPreference = 'Stop'\n";
  out += fmt::format("Set-Location -LiteralPath (Join-Path $PSScriptRoot '{}')\n", way_up(stem, "\\"));
  for (const auto& [name, value] : script.environment)
    out += fmt::format("$env:{} = {}\n", name, powershell_quote(value));
  for (const auto& [path, what] : script.needed)
    out += fmt::format(
        "if (-not (Test-Path -LiteralPath {0})) {{ [Console]::Error.WriteLine('error: ' + {0} + ' is not there; put ' "
        "+ {1} + ' there'); exit 4 }}\n",
        powershell_quote(path), powershell_quote(what));
  for (const auto& step : script.steps) {
    const std::string text = "& " + joined(step.command, " `\n  ", powershell_word);
    out += step.unless_there.empty() ? text + "\n"
                                     : fmt::format("if (-not (Test-Path -LiteralPath {})) {{ {} }}\n",
                                                   powershell_quote(step.unless_there), text);
  }
  return out + "& " + joined(script.server, " `\n  ", powershell_word) + "\nexit $LASTEXITCODE\n";
}

}  // namespace

PlanConfigFile script_file(const std::string& tool, const std::string& stem, const std::string& os,
                           const StartScript& script) {
  const bool windows = os == "windows";
  return {tool, stem + (windows ? ".ps1" : ".sh"), windows ? powershell_text(stem, script) : bash_text(stem, script),
          !windows};
}

ScriptLine line(const std::string& option) { return {ScriptWord{option}}; }
ScriptLine line(const std::string& option, const std::string& value) { return {ScriptWord{option}, ScriptWord{value}}; }

}  // namespace hearth
