// What every command file has: a function that adds its command to the program.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/environment.h"
#include "app/hearth_app.h"
#include "cli/output.h"

namespace CLI {
class App;
}

namespace hearth::cli {

// What a command gets when it runs. One per process.
struct CommandContext {
  Environment environment;
  bool json = false;
  bool verbose = false;
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  std::vector<std::string> arguments;  // as given, without the program's name

  // All of them but `flag`.
  [[nodiscard]] std::vector<std::string> arguments_without(const std::string& flag) const {
    std::vector<std::string> rest = arguments;
    std::erase(rest, flag);
    return rest;
  }
  [[nodiscard]] Output output() const { return {json, stderr_is_terminal && !environment.no_color}; }
  [[nodiscard]] Result<std::unique_ptr<HearthApp>> make_app() const;
};

// A command's body: does the work, returns the exit status.
using CommandBody = std::function<int(const CommandContext&)>;

// Where a command leaves its body while the command line is parsed.
struct Selection {
  CommandBody body;
};

// Joins `command` to `body`: adds --json and selects the body when the command is given.
void set_body(CLI::App& command, CommandContext& context, Selection& selection, CommandBody body);

void add_run_commands(CLI::App& program, CommandContext& context, Selection& selection);
// Of `run`: detect, classify, segment.
void add_vision_commands(CLI::App& run, CommandContext& context, Selection& selection);
// Of `run`.
void add_pipeline_command(CLI::App& run, CommandContext& context, Selection& selection);
// Of `run`: embed, rerank.
void add_encoder_commands(CLI::App& run, CommandContext& context, Selection& selection);
// Of `run`.
void add_transcribe_command(CLI::App& run, CommandContext& context, Selection& selection);
void add_voice_command(CLI::App& run, CommandContext& context, Selection& selection);
void add_multi_modal_command(CLI::App& run, CommandContext& context, Selection& selection);
void add_sound_commands(CLI::App& run, CommandContext& context, Selection& selection);
void add_runtimes_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_models_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_version_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_fit_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_project_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_probe_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_plan_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_verify_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_bench_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_route_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_serve_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_up_commands(CLI::App& program, CommandContext& context, Selection& selection);
void add_keys_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_airgap_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_check_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_simulate_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_ledger_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_eval_command(CLI::App& program, CommandContext& context, Selection& selection);
void add_completion_command(CLI::App& program, CommandContext& context, Selection& selection);

}  // namespace hearth::cli
