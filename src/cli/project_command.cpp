// hearth project.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/speed_projection.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct ProjectFlags {
  std::string rows;
  std::string out;
};

int project(const CommandContext& context, const ProjectFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto n_rows = project_table((*app)->installation().data_folder, flags.rows, flags.out);
  if (!n_rows) return out.report(n_rows.error());
  if (out.json())
    out.print_json({{"rows", *n_rows}, {"out", flags.out}});
  else
    out.print(fmt::format("Projected {} rows into {}.\n", *n_rows, flags.out));
  return 0;
}

}  // namespace

void add_project_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command =
      program.add_subcommand("project", "project prefill and decode speeds for a table of devices and models");
  auto flags = std::make_shared<ProjectFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("--rows", flags->rows, "tab-separated rows with device, model, quant, backend")->required();
  command->add_option("--out", flags->out, "where the rows with their projections go")->required();
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return project(ctx, *flags); });
}

}  // namespace hearth::cli
