// hearth probe.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/machine_probe.h"
#include "cli/command.h"
#include "cli/probe_report.h"

namespace hearth::cli {
namespace {

struct ProbeFlags {
  std::string sysroot = "/";
  bool quick = false;
  bool fresh = false;
};

int probe(const CommandContext& context, const ProbeFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  ProbeRequest request;
  request.sysroot = flags.sysroot;
  request.quick = flags.quick;
  request.fresh = flags.fresh;
  request.home = (*app)->home();
  request.data_folder = (*app)->installation().data_folder;
  auto profile = probe_machine(request);
  if (!profile) return out.report(profile.error());
  if (out.json())
    out.print_json(probe_document(*profile));
  else
    out.print(probe_report(out, *profile));
  return 0;
}

}  // namespace

void add_probe_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("probe", "what this machine has and how fast it is, read and measured");
  auto flags = std::make_shared<ProbeFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_flag("--quick", flags->quick, "measure nothing; what was measured before is used");
  command->add_flag("--fresh", flags->fresh, "measure again (up to 8 s) although measurements are remembered");
  command->add_option("--sysroot", flags->sysroot, "read a recorded tree of /proc and /sys instead of this machine");
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return probe(ctx, *flags); });
}

}  // namespace hearth::cli
