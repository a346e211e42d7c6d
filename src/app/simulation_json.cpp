#include "app/simulation_json.h"

#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

Json hour_to_json(const PlantHour& hour) {
  Json out = {{"tokens", hour.tokens},
              {"frames", hour.frames},
              {"answered", hour.answered},
              {"refused", hour.refused},
              {"tokens_last_third", hour.tokens_last_third},
              {"frames_last_third", hour.frames_last_third},
              {"worst_minute_gap_p99_s", hour.worst_minute_gap_p99_s},
              {"hottest_c", hour.hottest_c},
              {"longest_at_throttle_s", hour.longest_at_throttle_s},
              {"quality", hour.quality},
              {"energy_j", hour.energy_j}};
  if (hour.battery_hours) out["battery_hours"] = *hour.battery_hours;
  Json moments = Json::array();
  for (const PlantMoment& each : hour.moments) {
    Json moment = {{"at_s", each.at_s},       {"temperature_c", each.temperature_c}, {"clock_share", each.clock_share},
                   {"power_w", each.power_w}, {"chat_rung", each.chat_rung},         {"vision_rung", each.vision_rung},
                   {"tok_s", each.tok_s},     {"frames_per_s", each.frames_per_s}};
    if (each.battery_percent) moment["battery_percent"] = *each.battery_percent;
    moments.push_back(std::move(moment));
  }
  out["moments"] = std::move(moments);
  return out;
}

}  // namespace

Json simulation_to_json(const DeviceSimulation& simulation) {
  Json steps = Json::array();
  for (const GovernorStep& each : simulation.governed.steps)
    steps.push_back({{"at_s", std::chrono::duration<double>(each.at.time_since_epoch()).count()},
                     {"modality", modality_name(each.modality)},
                     {"from", each.from},
                     {"to", each.to},
                     {"cause", strain_name(each.cause)},
                     {"why", each.why}});
  return {{"device", simulation.plant.id},
          {"name", simulation.plant.name},
          {"workload", simulation.order.workload},
          {"minutes", simulation.order.minutes},
          {"seed", simulation.order.seed},
          {"throttle_c", simulation.plant.throttling.at_c},
          {"ratios",
           {{"tokens", simulation.tokens_ratio()},
            {"tokens_last_third", simulation.last_third_ratio()},
            {"worst_minute_gap_p99", simulation.gap_ratio()}}},
          {"rung_changes", simulation.governed.steps.size()},
          {"rung_changes_when_steady", simulation.governed.steps_when_steady},
          {"steps", std::move(steps)},
          {"governed", hour_to_json(simulation.governed)},
          {"ungoverned", hour_to_json(simulation.ungoverned)}};
}

}  // namespace hearth
