// hearth version.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/known_runtimes.h"
#include "cli/command.h"
#include "cli/runtime_listing.h"

namespace hearth::cli {
namespace {

int print_version(const CommandContext& context) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const auto runtimes = known_runtimes((*app)->registry(), (*app)->installation().data_folder);
  if (out.json()) {
    out.print_json(
        {{"version", build_version()}, {"commit", build_commit()}, {"runtimes", runtimes_to_json(runtimes)}});
    return 0;
  }
  out.print(fmt::format("hearth {} ({})\n", build_version(), build_commit()));
  for (const auto& runtime : runtimes)
    if (runtime.present) out.print(fmt::format("  {} {}\n", runtime.name, runtime.info.version));
  return 0;
}

}  // namespace

void add_version_command(CLI::App& program, CommandContext& context, Selection& selection) {
  set_body(*program.add_subcommand("version", "version, commit and the runtimes that are here"), context, selection,
           print_version);
}

}  // namespace hearth::cli
