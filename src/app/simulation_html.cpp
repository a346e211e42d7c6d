#include <fmt/format.h>

#include "app/simulation_plot.h"
#include "platform/file.h"
#include "report/html_style.h"
#include "report/svg.h"

namespace hearth {
namespace {

std::string row(const std::string& name, const std::string& governed, const std::string& ungoverned) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", name, governed, ungoverned);
}

std::string figures(const DeviceSimulation& simulation) {
  const PlantHour& g = simulation.governed;
  const PlantHour& u = simulation.ungoverned;
  std::string out =
      "<div class=\"table\"><table>\n<thead><tr><th></th><th scope=\"col\">governed</th><th "
      "scope=\"col\">ungoverned</th></tr></thead>\n<tbody>\n";
  out += row("tokens", std::to_string(g.tokens), std::to_string(u.tokens));
  out += row("tokens of the last third", std::to_string(g.tokens_last_third), std::to_string(u.tokens_last_third));
  if (simulation.order.workload != "chat") out += row("frames", std::to_string(g.frames), std::to_string(u.frames));
  out += row("requests refused", std::to_string(g.refused), std::to_string(u.refused));
  out += row("p99 gap between tokens, worst minute", fmt::format("{:.3f} s", g.worst_minute_gap_p99_s),
             fmt::format("{:.3f} s", u.worst_minute_gap_p99_s));
  out += row("hottest", fmt::format("{:.1f} °C", g.hottest_c), fmt::format("{:.1f} °C", u.hottest_c));
  out += row("longest at the throttle point", fmt::format("{:.1f} s", g.longest_at_throttle_s),
             fmt::format("{:.1f} s", u.longest_at_throttle_s));
  out += row("rung changes, of them after 15 minutes", fmt::format("{}, {}", g.steps.size(), g.steps_when_steady), "");
  out += row("quality of the answers against as planned", fmt::format("{:.2f}", g.quality), "1.00");
  out += row("energy", fmt::format("{:.1f} Wh", g.energy_j / 3600), fmt::format("{:.1f} Wh", u.energy_j / 3600));
  if (g.battery_hours && u.battery_hours)
    out += row("battery lasts", fmt::format("{:.2f} h", *g.battery_hours), fmt::format("{:.2f} h", *u.battery_hours));
  return out + "</tbody></table></div>\n";
}

std::string steps(const DeviceSimulation& simulation) {
  std::string out = "<h2>What the governor did</h2>\n";
  if (simulation.governed.steps.empty()) return out + "<p>Nothing: nothing was needed.</p>\n";
  out += "<ol>\n";
  for (const GovernorStep& step : simulation.governed.steps)
    out += fmt::format("<li>After {:.1f} minutes, {} from rung {} to {}: {}</li>\n",
                       std::chrono::duration<double>(step.at.time_since_epoch()).count() / 60,
                       modality_name(step.modality), step.from, step.to, escape_html(step.why));
  return out + "</ol>\n";
}

std::string sources(const DeviceSimulation& simulation) {
  const PlantRecord& plant = simulation.plant;
  std::string out = fmt::format(
      "<h2>The model</h2>\n<p>{:g} °C around it, {:g} °C for each watt, a time constant of {:g} s; {:g} W idle, {:g} W "
      "under load; slows down at {:g} °C to {:.0f} % of its clock at the lowest.</p>\n<ul>\n",
      plant.heat.ambient_c, plant.heat.resistance_c_per_w, plant.heat.time_constant_s, plant.power.idle_w,
      plant.power.load_w, plant.throttling.at_c, plant.throttling.lowest_clock_share * 100);
  for (const auto& each : plant.source) out += "<li>" + escape_html(each) + "</li>\n";
  for (const auto& each : plant.notes) out += "<li>" + escape_html(each) + "</li>\n";
  return out + "</ul>\n";
}

}  // namespace

std::string simulation_html(const DeviceSimulation& simulation) {
  const std::string title = fmt::format("{}: {} for {:g} minutes", simulation.plant.name, simulation.order.workload,
                                        simulation.order.minutes);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<style>{1}</style></head>\n<body>\n"
      "<h1>{0}</h1>\n<p>A simulation: the machine is a model, the governor and the sampler are the real ones.</p>\n"
      "{2}{3}{4}{5}</body></html>\n",
      escape_html(title), report_style(), figures(simulation), simulation_svg(simulation), steps(simulation),
      sources(simulation));
}

Status write_simulation_file(const std::filesystem::path& file, std::string_view content) {
  return write_file_atomic(file, content);
}

}  // namespace hearth
