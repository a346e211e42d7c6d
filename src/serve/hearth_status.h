// What Hearth tells of itself: the engine's state and where its models lie, as JSON documents.
#pragma once

#include <string>
#include <vector>

#include "engine/text_service.h"

namespace hearth::serve {

struct SensorReading {
  std::string name;  // "cpu package temperature"
  double value = 0;
  std::string unit;  // "degC", "W", ...
};

// The rung of the whole: the first of a model's that is not "full".
[[nodiscard]] std::string active_rung(const EngineStatus& status);

// The document of data/schemas/status.schema.json, which `hearth status --json` prints too.
// `governor`: the text of its JSON object; empty: nobody governs.
[[nodiscard]] std::string status_json(const EngineStatus& status, const std::vector<SensorReading>& sensors,
                                      const std::string& governor = {});

// {"models": [{"name", "state", "bytes", "placement": [{"device", "kind", "component", "bytes", "mapped_bytes"}]}]}:
// what resident models really hold.
[[nodiscard]] std::string placement_json(const EngineStatus& status);

}  // namespace hearth::serve
