#include "machine_hours.h"

#include <stdexcept>
#include <utility>

#include "shipped_catalog.h"
#include "support/program.h"

namespace hearth::test {

PlantHour simulate_hour(const PlantRecord& plant, PlantHourOptions options) {
  const TemporaryFolder folder;
  options.tree = folder.path();
  const auto& device_class = shipped_catalog().device(plant.device).value()->device_class;
  options.chat_ladder =
      for_memory_bound(*shipped_catalog().ladder(Modality::kText, device_class).value(), plant.chat.memory_bound_share);
  options.vision_ladder = *shipped_catalog().ladder(Modality::kVision, device_class).value();
  auto hour = simulate_plant(plant, options);
  if (!hour) throw std::runtime_error(to_string(hour.error()));
  return std::move(hour).value();
}

}  // namespace hearth::test
