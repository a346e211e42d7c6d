// hearth: reads the command line, runs one command, exits with its status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <string>

#include "app/console.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 done, 1 internal fault, 2 wrong usage, 3 does not fit or is forbidden, 4 not found, 5 invalid "
    "data,\n"
    "6 unavailable, 7 verification failed, 8 overloaded or out of memory, 124 deadline, 130 interrupted.";

// Whether the arguments ask for JSON, for errors that come before the command line is understood.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--json") return true;
  return false;
}

int report_usage(const CommandContext& context, const CLI::App& program, const CLI::ParseError& error) {
  std::string command = "hearth";
  for (const CLI::App* at = &program; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  std::string what = error.what();
  if (const auto line_end = what.find('\n'); line_end != std::string::npos) what.resize(line_end);
  return context.output().report(
      Error(ErrorCode::kInvalidArgument, what, fmt::format("`{} --help` shows what it takes", command)));
}

int run(int argc, char** argv) {
  CommandContext context;
  context.environment = Environment::read();
  context.arguments.assign(argv + std::min(argc, 1), argv + argc);
  context.stdout_is_terminal = is_terminal(StandardStream::kOutput);
  context.stderr_is_terminal = is_terminal(StandardStream::kError);

  CLI::App program("Hearth runs language models on this machine and says beforehand what they need.", "hearth");
  program.set_version_flag("--version", std::string("hearth ") + build_version());
  program.add_flag("-v,--verbose", context.verbose, "write what the runtimes log to standard error");
  program.require_subcommand(0, 1);
  program.footer(kFooter);
  Selection selection;
  add_run_commands(program, context, selection);
  add_runtimes_command(program, context, selection);
  add_models_command(program, context, selection);
  add_probe_command(program, context, selection);
  add_plan_command(program, context, selection);
  add_fit_command(program, context, selection);
  add_project_command(program, context, selection);
  add_route_command(program, context, selection);
  add_serve_command(program, context, selection);
  add_up_commands(program, context, selection);
  add_keys_command(program, context, selection);
  add_bench_command(program, context, selection);
  add_verify_command(program, context, selection);
  add_ledger_command(program, context, selection);
  add_eval_command(program, context, selection);
  add_check_command(program, context, selection);
  add_airgap_command(program, context, selection);
  add_simulate_command(program, context, selection);
  add_version_command(program, context, selection);
  add_completion_command(program, context, selection);

  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return program.exit(help);
  } catch (const CLI::ParseError& error) {
    context.json = context.json || asks_for_json(argc, argv);
    return report_usage(context, program, error);
  }
  if (!selection.body) {
    std::string text = program.help();
    for (const CLI::App* chosen : program.get_subcommands()) text = chosen->help();
    context.output().print(text);
    return program.get_subcommands().empty() ? 0 : error_code_info(ErrorCode::kInvalidArgument).exit_status;
  }
  return selection.body(context);
}

}  // namespace
}  // namespace hearth::cli

int main(int argc, char** argv) {
  try {
    return hearth::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("hearth: out of memory\n", stderr);
    return hearth::error_code_info(hearth::ErrorCode::kOutOfMemory).exit_status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "hearth: internal fault: %s\n", e.what());
    return hearth::error_code_info(hearth::ErrorCode::kInternal).exit_status;
  }
}
