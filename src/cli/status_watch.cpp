#include "cli/status_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::size_t kEventsShown = 5;

std::optional<double> number(const ordered_json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_number() ? std::nullopt : std::optional(found->get<double>());
}

void remember(std::deque<double>& values, double value, std::size_t most) {
  if (values.size() == most) values.pop_front();
  values.push_back(value);
}

std::string plot(const char* name, const std::deque<double>& values, const char* unit) {
  if (values.empty()) return {};
  return fmt::format("  {:<12} {:>8.1f} {:<6} {}\n", name, values.back(), unit, sparkline(values));
}

}  // namespace

std::string sparkline(const std::deque<double>& values) {
  if (values.empty()) return {};
  const auto [least, greatest] = std::ranges::minmax(values);
  std::string bars;
  for (const double value : values) {
    const double share = greatest > least ? (value - least) / (greatest - least) : 0;
    bars += kBars[static_cast<std::size_t>(share * (kBars.size() - 1) + 0.5)];
  }
  return bars;
}

std::string StatusWatch::lines(const ordered_json& status) {
  const ordered_json governor = status.value("governor", ordered_json::object());
  const ordered_json sample = governor.value("sample", ordered_json::object());
  if (const auto value = number(sample, "temperature_c")) remember(temperatures_, *value, kRemembered);
  if (const auto value = number(sample, "power_w")) remember(powers_, *value, kRemembered);
  if (const auto value = number(governor, "tok_s")) remember(speeds_, *value, kRemembered);
  std::string out;
  for (const auto& model : status.value("models", ordered_json::array()))
    out += fmt::format("  {:<28} {:<9} {:>9.1f} MB  rung {:<16} {} requests\n", model.value("name", ""),
                       model.value("state", ""), static_cast<double>(model.value("bytes", std::uint64_t{0})) / 1e6,
                       model.value("rung", ""), model.value("requests", 0));
  for (const auto& each : governor.value("rungs", ordered_json::array())) {
    const double step = each.value("step", 0.0);
    if (each.value("modality", "") == "llm") remember(steps_, step, kRemembered);
    out += fmt::format("  {:<12} step {} of {}: {}\n", each.value("modality", ""), step, each.value("lowest", 0),
                       each.value("rung", ""));
  }
  out += plot("step", steps_, "") + plot("temperature", temperatures_, "degC") + plot("speed", speeds_, "tok/s") +
         plot("power", powers_, "W");
  if (const auto joules = number(governor, "energy_per_token_j"))
    out += fmt::format("  {:<12} {:>8.2f} J\n", "a token", *joules);
  if (governor.value("paused", false)) out += "  paused: the machine is too hot\n";
  if (governor.value("refusing", false)) out += "  new requests are refused: memory is short\n";
  const ordered_json events = governor.value("events", ordered_json::array());
  for (std::size_t i = events.size() - std::min(events.size(), kEventsShown); i < events.size(); ++i)
    out += fmt::format("  {} {}\n", events[i].value("time", ""),
                       events[i].value("why", events[i].value("to", "") + " settled"));
  return out;
}

}  // namespace hearth::cli
