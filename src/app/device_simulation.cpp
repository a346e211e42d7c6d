#include "app/device_simulation.h"

#include <utility>

#include <fmt/format.h>

#include "app/catalog_loading.h"
#include "app/scratch_folder.h"

namespace hearth {
namespace {

double ratio(double of, double to) { return to > 0 ? of / to : 1; }

}  // namespace

double DeviceSimulation::tokens_ratio() const {
  return ratio(static_cast<double>(governed.tokens), static_cast<double>(ungoverned.tokens));
}
double DeviceSimulation::last_third_ratio() const {
  return ratio(static_cast<double>(governed.tokens_last_third), static_cast<double>(ungoverned.tokens_last_third));
}
double DeviceSimulation::gap_ratio() const {
  return ratio(governed.worst_minute_gap_p99_s, ungoverned.worst_minute_gap_p99_s);
}

Result<DeviceSimulation> simulate_device(const std::filesystem::path& data_folder, const SimulationOrder& order) {
  if (order.workload != "chat" && order.workload != "chat+vision")
    return fail(ErrorCode::kInvalidArgument, fmt::format("there is no workload '{}'", order.workload),
                "give chat or chat+vision");
  HEARTH_ASSIGN(catalog, load_catalog(data_folder));
  HEARTH_ASSIGN(plant, catalog.plant(order.device));
  HEARTH_ASSIGN(device, catalog.device(plant->device));
  HEARTH_ASSIGN(shipped, catalog.ladder(Modality::kText, device->device_class));
  const Ladder chat = for_memory_bound(*shipped, plant->chat.memory_bound_share);
  HEARTH_ASSIGN(vision, catalog.ladder(Modality::kVision, device->device_class));
  HEARTH_ASSIGN(scratch, ScratchFolder::make("simulate"));
  PlantHourOptions options;
  options.minutes = order.minutes;
  options.vision = order.workload == "chat+vision";
  options.until_empty = plant->power.battery_wh.has_value();
  options.seed = order.seed;
  options.chat_ladder = chat;
  options.vision_ladder = *vision;
  options.tree = scratch.path();
  HEARTH_ASSIGN(governed, simulate_plant(*plant, options));
  options.governed = false;
  HEARTH_ASSIGN(ungoverned, simulate_plant(*plant, options));
  return DeviceSimulation{order, *plant, chat, *vision, std::move(governed), std::move(ungoverned)};
}

}  // namespace hearth
