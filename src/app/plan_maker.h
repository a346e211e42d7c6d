// Makes plans on this installation: joins probe, catalogue, fitted speeds, ledger and planner, and keeps the result.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "domain/plan.h"
#include "hearth/result.h"
#include "report/report.h"

namespace hearth {

struct PlanOrder {
  std::string words;                // plain words; may be empty
  PlanRequest flags;                // what flags said
  std::vector<std::string> models;  // records or files, each for the task it is made for
};

struct MadePlan {
  Plan plan;
  ReportExtras extras;  // what was measured here before, for the report
};

// Errors: those of complete_request(), make_plan(), probe_machine() and read_profile(), and NotFound for a device,
// model or file that is not there. A plan with unserved tasks is an answer, not an error.
[[nodiscard]] Result<MadePlan> plan_order(HearthApp& app, const PlanOrder& order);

// Writes plan.json, report.md, report.html and the configuration files below `folder`.
[[nodiscard]] Status write_plan_folder(const MadePlan& made, const std::filesystem::path& folder);

// Where the plan lies that commands take when none is named.
[[nodiscard]] std::filesystem::path current_plan_folder(const std::filesystem::path& home);

}  // namespace hearth
