// hearth completion bash|zsh|fish: prints a script made from the program's own table of commands and flags.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"

namespace hearth::cli {
namespace {

// One command with its words: subcommands and flags with their one-line help.
struct Node {
  std::string path;  // "hearth run chat"
  std::vector<std::pair<std::string, std::string>> commands;
  std::vector<std::pair<std::string, std::string>> flags;
};

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\'' || c == '[' || c == ']' || c == ':' || c == '"') c = ' ';
  return text;
}

void collect(const CLI::App& command, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames())
      node.flags.emplace_back("--" + name, one_line(option->get_description()));
    for (const auto& name : option->get_snames())
      node.flags.emplace_back("-" + name, one_line(option->get_description()));
  }
  const auto children = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children)
    node.commands.emplace_back(child->get_name(), one_line(child->get_description()));
  nodes.push_back(std::move(node));
  for (const CLI::App* child : children) collect(*child, path + " " + child->get_name(), nodes);
}

std::string words_of(const Node& node) {
  std::string words;
  for (const auto& [word, help] : node.commands) words += word + " ";
  for (const auto& [word, help] : node.flags) words += word + " ";
  return words;
}

std::string bash_script(const std::vector<Node>& nodes) {
  std::string script =
      "# bash completion for hearth\n_hearth() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} path=hearth i words=\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$path ${COMP_WORDS[i]}\" in\n      ";
  for (std::size_t i = 1; i < nodes.size(); ++i) script += fmt::format("{}'{}'", i > 1 ? "|" : "", nodes[i].path);
  script += ") path=\"$path ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n  case \"$path\" in\n";
  for (const auto& node : nodes) script += fmt::format("    '{}') words='{}' ;;\n", node.path, words_of(node));
  script +=
      "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ $cur != -* ]] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _hearth hearth\n";
  return script;
}

std::string zsh_script(const std::vector<Node>& nodes) {
  std::string script =
      "#compdef hearth\n# zsh completion for hearth\n_hearth() {\n  local path=hearth word\n  local -a items\n"
      "  for word in ${words[2,CURRENT-1]}; do\n    case \"$path $word\" in\n      ";
  for (std::size_t i = 1; i < nodes.size(); ++i) script += fmt::format("{}'{}'", i > 1 ? "|" : "", nodes[i].path);
  script += ") path=\"$path $word\" ;;\n    esac\n  done\n  case \"$path\" in\n";
  for (const auto& node : nodes) {
    script += fmt::format("    '{}') items=(", node.path);
    for (const auto& [word, help] : node.commands) script += fmt::format("'{}:{}' ", word, help);
    for (const auto& [word, help] : node.flags) script += fmt::format("'{}:{}' ", word, help);
    script += ") ;;\n";
  }
  script += "  esac\n  _describe hearth items\n  _files\n}\n_hearth \"$@\"\n";
  return script;
}

std::string fish_script(const std::vector<Node>& nodes) {
  std::string script = "# fish completion for hearth\n";
  for (const auto& node : nodes) {
    // The words after "hearth" that must all have been typed for this node's words to be offered.
    std::string condition;
    for (std::size_t at = node.path.find(' '); at != std::string::npos;) {
      const std::size_t next = node.path.find(' ', at + 1);
      condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ",
                               node.path.substr(at + 1, next == std::string::npos ? next : next - at - 1));
      at = next;
    }
    if (condition.empty()) condition = "__fish_use_subcommand";
    for (const auto& [word, help] : node.commands)
      script += fmt::format("complete -c hearth -n '{}' -a {} -d '{}'\n", condition, word, help);
    for (const auto& [word, help] : node.flags)
      script += fmt::format("complete -c hearth -n '{}' {} {} -d '{}'\n", condition,
                            word.starts_with("--") ? "-l" : "-s", word.substr(word.find_first_not_of('-')), help);
  }
  return script;
}

}  // namespace

void add_completion_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("completion", "print a completion script for a shell");
  auto shell = std::make_shared<std::string>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  set_body(*command, context, selection, [&program, shell](const CommandContext& ctx) {
    std::vector<Node> nodes;
    collect(program, "hearth", nodes);
    const std::string script = *shell == "bash"  ? bash_script(nodes)
                               : *shell == "zsh" ? zsh_script(nodes)
                                                 : fish_script(nodes);
    if (ctx.json)
      ctx.output().print_json({{"shell", *shell}, {"script", script}});
    else
      ctx.output().print(script);
    return 0;
  });
}

}  // namespace hearth::cli
