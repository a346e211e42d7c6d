// hearth runtimes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "cli/command.h"
#include "cli/runtime_listing.h"

namespace hearth::cli {

using nlohmann::ordered_json;

ordered_json runtimes_to_json(const std::vector<KnownRuntime>& runtimes) {
  ordered_json list = ordered_json::array();
  for (const auto& runtime : runtimes) {
    ordered_json devices = ordered_json::array();
    for (const auto& device : runtime.info.devices) {
      ordered_json entry = {{"id", device.id}, {"kind", device.kind}, {"description", device.description}};
      if (device.total_bytes) entry["total_bytes"] = *device.total_bytes;
      if (device.free_bytes) entry["free_bytes"] = *device.free_bytes;
      devices.push_back(std::move(entry));
    }
    list.push_back({{"name", runtime.name},
                    {"title", runtime.title},
                    {"version", runtime.info.version},
                    {"present", runtime.present},
                    {"score", runtime.score.score},
                    {"reason", runtime.score.reason},
                    {"hint", runtime.score.hint},
                    {"formats", runtime.info.formats},
                    {"capabilities", runtime.info.capabilities},
                    {"devices", std::move(devices)}});
  }
  return list;
}

namespace {

void print_present(const Output& out, const KnownRuntime& runtime) {
  out.print(
      fmt::format("{:<14} {:>3}  {} {}\n", runtime.name, runtime.score.score, runtime.title, runtime.info.version));
  out.print(fmt::format("{:<20}{}\n", "", runtime.score.reason));
  for (const auto& device : runtime.info.devices) {
    std::string memory = device.total_bytes ? ", " + format_bytes(*device.total_bytes) : std::string();
    out.print(fmt::format("{:<20}{}: {}{}\n", "", device.id, device.description, memory));
  }
}

int print_runtimes(const CommandContext& context) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const auto runtimes = known_runtimes((*app)->registry(), (*app)->installation().data_folder);
  if (out.json()) {
    out.print_json({{"runtimes", runtimes_to_json(runtimes)}});
    return 0;
  }
  out.print(fmt::format("{:<14} {:>5}\n", "RUNTIME", "SCORE"));
  for (const auto& runtime : runtimes)
    if (runtime.present) print_present(out, runtime);
  const bool any_absent = std::any_of(runtimes.begin(), runtimes.end(), [](const auto& r) { return !r.present; });
  if (any_absent) out.print("\nNot here:\n");
  for (const auto& runtime : runtimes)
    if (!runtime.present)
      out.print(fmt::format("{:<14}    -  {}\n{:<20}{}\n", runtime.name, runtime.title, "", runtime.score.hint));
  return 0;
}

}  // namespace

void add_runtimes_command(CLI::App& program, CommandContext& context, Selection& selection) {
  set_body(
      *program.add_subcommand("runtimes", "each known runtime: is it here, how well does it suit, how to install it"),
      context, selection, print_runtimes);
}

}  // namespace hearth::cli
