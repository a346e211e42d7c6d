// The devices a runtime can compute on, and what a request for some of them comes to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hearth/sdk/json_keys.h"
#include "hearth/sdk/options.h"

namespace hearth::sdk {

struct Device {
  std::string id;            // what --device takes
  std::string kind = "cpu";  // "cpu", "gpu", "igpu", "npu", "accel"
  std::string description = {};
  std::optional<std::uint64_t> total_bytes = {};  // absent where the runtime can't tell
  std::optional<std::uint64_t> free_bytes = {};
};

// The requested devices that are there, in the order of the request; empty when none was requested, or none of them is
// there and the request allows a fallback (placement then tells where the model went).
// Throws UNAVAILABLE, naming what is there, when one is not there and the request allows no fallback.
inline std::vector<std::string> choose_devices(const LoadOptions& options, const std::vector<Device>& present) {
  std::vector<std::string> chosen;
  for (const auto& id : options.devices) {
    if (std::ranges::find(present, id, &Device::id) != present.end()) {
      chosen.push_back(id);
    } else if (options.fallback == Fallback::kNone) {
      std::vector<std::string> names;
      for (const auto& device : present) names.push_back(device.id);
      throw Error(HEARTH_UNAVAILABLE, "no device '" + id + "' here; this runtime has: " + join(names));
    }
  }
  return chosen;
}

}  // namespace hearth::sdk
