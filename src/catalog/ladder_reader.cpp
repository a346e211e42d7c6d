#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {
namespace {

RungSettings read_settings(const nlohmann::json& json) {
  RungSettings settings;
  read_field(json, "concurrency_share", settings.concurrency_share);
  read_field(json, "threads_share", settings.threads_share);
  read_field(json, "clock_share", settings.clock_share);
  read_field(json, "context_share", settings.context_share);
  read_field(json, "kv_type", settings.kv_type);
  read_field(json, "speculation", settings.speculation);
  read_field(json, "model", settings.model);
  read_field(json, "precision", settings.precision);
  read_field(json, "max_new_tokens", settings.max_new_tokens);
  read_field(json, "resolution", settings.resolution);
  read_field(json, "frame_every", settings.frame_every);
  read_field(json, "device", settings.device);
  read_field(json, "remote", settings.remote);
  return settings;
}

LadderRung read_rung(const nlohmann::json& json) {
  LadderRung rung;
  read_field(json, "name", rung.name);
  read_field(json, "action", rung.action);
  read_field(json, "quality_cost", rung.quality_cost);
  read_field(json, "quality_share", rung.quality_share);
  read_field(json, "power_share", rung.power_share);
  read_field(json, "memory_share", rung.memory_share);
  read_field(json, "time_share", rung.time_share);
  read_field(json, "memory_bound_least", rung.memory_bound_least);
  rung.settings = read_settings(object_field(json, "settings"));
  return rung;
}

Result<Ladder> read_ladder(const nlohmann::json& json) {
  std::string modality;
  read_field(json, "modality", modality);
  const auto known = std::ranges::find(kModalityNames, modality);
  if (known == kModalityNames.end())
    return fail(ErrorCode::kInvalidData, fmt::format("there is no modality '{}'", modality));
  Ladder ladder;
  ladder.modality = static_cast<Modality>(known - kModalityNames.begin());
  read_field(json, "device_classes", ladder.device_classes);
  for (const auto& rung : object_field(json, "rungs")) ladder.rungs.push_back(read_rung(rung));
  HEARTH_TRY(check_ladder(ladder));
  return ladder;
}

// Whom a lookup would find for a class must not depend on the order in the file.
bool collide(const Ladder& a, const Ladder& b) {
  if (a.modality != b.modality) return false;
  if (a.device_classes.empty() || b.device_classes.empty()) return a.device_classes.empty() && b.device_classes.empty();
  return std::ranges::any_of(a.device_classes, [&](const std::string& name) {
    return std::ranges::find(b.device_classes, name) != b.device_classes.end();
  });
}

}  // namespace

Result<std::vector<Ladder>> read_ladders(const nlohmann::json& record) {
  std::vector<Ladder> ladders;
  for (const auto& item : object_field(record, "ladders")) {
    HEARTH_ASSIGN(ladder, read_ladder(item));
    for (const Ladder& other : ladders)
      if (collide(ladder, other))
        return fail(ErrorCode::kInvalidData,
                    fmt::format("two ladders of '{}' are for the same device class", modality_name(ladder.modality)));
    ladders.push_back(std::move(ladder));
  }
  return ladders;
}

}  // namespace hearth
