// `hearth check`: what of this machine's settings keeps models slow or makes them fail.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "probe/hardening.h"

namespace hearth {

struct MachineCheck {
  std::vector<HardeningFinding> findings;
  std::vector<std::string> fixed;  // ids of what was changed

  [[nodiscard]] bool has_problem() const;
};

// `fix`: changes what is hearth's own to change first.
[[nodiscard]] MachineCheck check_machine(const HearthApp& app, bool fix);

// Schema: check.schema.json.
[[nodiscard]] nlohmann::ordered_json machine_check_to_json(const MachineCheck& check);

}  // namespace hearth
