// `hearth verify` from the plan's file to the report.
#pragma once

#include <filesystem>

#include "app/hearth_app.h"
#include "app/plan_verification.h"

namespace hearth {

struct VerifiedPlan {
  std::filesystem::path path;
  std::filesystem::path ledger_file;
  VerifyReport report;
};

// Reads the plan `given` (empty: the current one), sees that it is for this machine, measures it and records that.
// Errors as open_plan, check_machine and verify_plan give them; a ledger that can't be opened is a notice.
[[nodiscard]] Result<VerifiedPlan> run_verification(HearthApp& app, const std::filesystem::path& given,
                                                    const VerifyOptions& options, const CallBounds& bounds,
                                                    const std::function<void(const std::string&)>& on_progress);

}  // namespace hearth
