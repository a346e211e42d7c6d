// hearth check.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/machine_check.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

int check(const CommandContext& context, bool fix) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const MachineCheck result = check_machine(**app, fix);
  if (out.json()) {
    out.print_json(machine_check_to_json(result));
  } else {
    for (const auto& each : result.findings) {
      out.print(fmt::format("{:<8} {:<26} {}\n", hardening_verdict_name(each.verdict), each.title, each.found));
      if (!each.advice.empty()) out.print(fmt::format("{:<8} {:<26} {}\n", "", "", out.dim(each.advice)));
    }
    for (const auto& id : result.fixed) out.note("changed: " + id);
  }
  return result.has_problem() ? error_code_info(ErrorCode::kVerificationFailed).exit_status : 0;
}

}  // namespace

void add_check_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command =
      program.add_subcommand("check", "settings of this machine that keep models slow, and what to change");
  auto fix = std::make_shared<bool>(false);  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_flag("--fix", *fix, "change what is hearth's own: its folder and its files; the rest is only told");
  set_body(*command, context, selection, [fix](const CommandContext& ctx) { return check(ctx, *fix); });
}

}  // namespace hearth::cli
