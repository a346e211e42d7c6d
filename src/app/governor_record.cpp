#include "app/governor_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace hearth {
namespace {

using nlohmann::ordered_json;

std::string time_text(GovernorRecord::WallTime at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

template <class T>
void put(ordered_json& to, const char* name, const std::optional<T>& value) {
  if (value) to[name] = *value;
}

ordered_json step_fields(const GovernorStep& step, const Ladder& ladder) {
  return {{"modality", modality_name(step.modality)},
          {"from", ladder.rungs[step.from].name},
          {"to", ladder.rungs[step.to].name},
          {"cause", strain_name(step.cause)}};
}

}  // namespace

void GovernorRecord::keep(std::string document) {
  if (events_.size() == kKept) events_.pop_front();
  events_.push_back(std::move(document));
}

void GovernorRecord::add(const GovernorStep& step, const Ladder& ladder, WallTime at) {
  ordered_json event = {{"time", time_text(at)}, {"kind", "step"}};
  event.update(step_fields(step, ladder));
  event["why"] = step.why;
  keep(event.dump());
}

void GovernorRecord::add(const StepEffect& effect, const Ladder& ladder, WallTime at) {
  ordered_json event = {{"time", time_text(at)}, {"kind", "effect"}};
  event.update(step_fields(effect.step, ladder));
  put(event, "temperature_before_c", effect.temperature_before_c);
  put(event, "temperature_after_c", effect.temperature_after_c);
  put(event, "slope_before_c_per_s", effect.slope_before);
  put(event, "slope_after_c_per_s", effect.slope_after);
  put(event, "power_before_w", effect.power_before_w);
  put(event, "power_after_w", effect.power_after_w);
  put(event, "available_before_bytes", effect.available_before_bytes);
  put(event, "available_after_bytes", effect.available_after_bytes);
  keep(event.dump());
}

void GovernorRecord::add(const WatchdogAction& action, WallTime at) {
  ordered_json event = {{"time", time_text(at)}, {"kind", "watchdog"}, {"remedy", remedy_name(action.remedy)}};
  if (!action.model.empty()) event["model"] = action.model;
  event["why"] = action.why;
  keep(event.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

ordered_json GovernorRecord::to_json() const {
  ordered_json all = ordered_json::array();
  for (const std::string& each : events_) all.push_back(ordered_json::parse(each));
  return all;
}

ordered_json sample_to_json(const TelemetrySample& sample) {
  ordered_json out = ordered_json::object();
  put(out, "temperature_c", sample.temperature_c);
  put(out, "throttle_c", sample.throttle_c);
  put(out, "throttle_events", sample.throttle_events);
  put(out, "clock_share", sample.clock_share);
  put(out, "power_w", sample.power_w);
  put(out, "battery_percent", sample.battery_percent);
  put(out, "on_ac", sample.on_ac);
  put(out, "memory_total_bytes", sample.memory_total_bytes);
  put(out, "memory_available_bytes", sample.memory_available_bytes);
  put(out, "swap_used_bytes", sample.swap_used_bytes);
  put(out, "memory_stall_percent", sample.memory_stall_percent);
  put(out, "out_of_memory_events", sample.out_of_memory_events);
  put(out, "vram_total_bytes", sample.vram_total_bytes);
  put(out, "vram_free_bytes", sample.vram_free_bytes);
  put(out, "disk_free_bytes", sample.disk_free_bytes);
  put(out, "cpu_share", sample.cpu_share);
  out["waiting_requests"] = sample.waiting_requests;
  out["text_share"] = sample.activity[static_cast<std::size_t>(Modality::kText)];
  return out;
}

}  // namespace hearth
