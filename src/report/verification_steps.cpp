// Section 7: commands that hold the plan to its figures.
#include <fmt/format.h>

#include "base/display_text.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {

ReportBlocks verification_blocks(const Plan& plan) {
  ReportSteps steps;
  for (const auto& step : plan.verification) {
    const std::string task = step.task.empty() ? "" : fmt::format(" ({})", one_line(step.task));
    std::string expect = one_line(step.expect);
    if (expect.empty() && step.projected)
      expect = measure_text(step.metric) + " " + figure_text(step.projected, step.unit);
    steps.steps.push_back({plain_words(step.name) + task, one_line(step.command), expect});
  }
  if (steps.steps.empty())
    return {ReportText{plan.choices.empty() ? "Nothing to verify: no task is served." : "No step is recorded."}};
  return {ReportText{"hearth verify runs these on the machine and writes what it measures to the ledger, which the "
                     "next plan uses."},
          steps};
}

}  // namespace hearth
