// hearth simulate.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/device_simulation.h"
#include "app/simulation_json.h"
#include "app/simulation_plot.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct SimulateFlags {
  SimulationOrder order;
  std::string html, svg;
};

void print_figures(const Output& out, const DeviceSimulation& simulation) {
  const PlantHour& g = simulation.governed;
  const PlantHour& u = simulation.ungoverned;
  const auto line = [&](const char* name, const std::string& governed, const std::string& ungoverned) {
    out.print(fmt::format("  {:<34}{:>12}{:>12}\n", name, governed, ungoverned));
  };
  out.print(fmt::format("{}: {} for {:g} minutes, simulated\n", simulation.plant.name, simulation.order.workload,
                        simulation.order.minutes));
  line("", "governed", "ungoverned");
  line("tokens", std::to_string(g.tokens), std::to_string(u.tokens));
  line("tokens of the last third", std::to_string(g.tokens_last_third), std::to_string(u.tokens_last_third));
  if (simulation.order.workload != "chat") line("frames", std::to_string(g.frames), std::to_string(u.frames));
  line("p99 gap, worst minute, s", fmt::format("{:.3f}", g.worst_minute_gap_p99_s),
       fmt::format("{:.3f}", u.worst_minute_gap_p99_s));
  line("hottest, degC", fmt::format("{:.1f}", g.hottest_c), fmt::format("{:.1f}", u.hottest_c));
  line("longest at the throttle point, s", fmt::format("{:.1f}", g.longest_at_throttle_s),
       fmt::format("{:.1f}", u.longest_at_throttle_s));
  line("quality against as planned", fmt::format("{:.2f}", g.quality), "1.00");
  if (g.battery_hours && u.battery_hours)
    line("battery lasts, h", fmt::format("{:.2f}", *g.battery_hours), fmt::format("{:.2f}", *u.battery_hours));
  for (const GovernorStep& step : g.steps)
    out.print(fmt::format("  {:>5.1f} min  {} {} -> {}: {}\n",
                          std::chrono::duration<double>(step.at.time_since_epoch()).count() / 60,
                          modality_name(step.modality), step.from, step.to, step.why));
}

int simulate(const CommandContext& context, const SimulateFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const auto simulation = simulate_device((*app)->installation().data_folder, flags.order);
  if (!simulation) return out.report(simulation.error());
  if (!flags.html.empty())
    if (auto done = write_simulation_file(flags.html, simulation_html(*simulation)); !done)
      return out.report(done.error());
  if (!flags.svg.empty())
    if (auto done = write_simulation_file(flags.svg, simulation_svg(*simulation)); !done)
      return out.report(done.error());
  if (out.json())
    out.print_json(simulation_to_json(*simulation));
  else
    print_figures(out, *simulation);
  return 0;
}

}  // namespace

void add_simulate_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand(
      "simulate", "a machine under steady load, simulated: what the governor does, and what would be without it");
  auto flags = std::make_shared<SimulateFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("--device", flags->order.device, "pi5, jetson, phone, nuc or laptop (records of data/plants)")
      ->required();
  command->add_option("--workload", flags->order.workload, "chat or chat+vision")
      ->check(CLI::IsMember({"chat", "chat+vision"}))
      ->capture_default_str();
  command->add_option("--minutes", flags->order.minutes, "of simulated time")
      ->check(CLI::Range(1.0, 1440.0))
      ->capture_default_str();
  command->add_option("--seed", flags->order.seed, "of the small differences between steps")->capture_default_str();
  command->add_option("--html", flags->html, "write a page with plots into this file");
  command->add_option("--svg", flags->svg, "write the plots alone into this file");
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return simulate(ctx, *flags); });
}

}  // namespace hearth::cli
