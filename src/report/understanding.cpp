// What was read out of the request, and what was filled in.
#include "base/display_text.h"
#include "report/document.h"

namespace hearth {

ReportBlocks understanding_blocks(const Plan& plan) {
  ReportTable understood{"Understood", {"What", "Value", "From"}, {}};
  ReportTable assumed{"Assumed", {"What", "Value", "Because"}, {}};
  for (const auto& reading : plan.understood.readings)
    (reading.assumed ? assumed : understood)
        .rows.push_back({one_line(reading.field), one_line(reading.value), one_line(reading.from)});
  ReportBlocks blocks;
  if (!understood.rows.empty()) blocks.emplace_back(without_empty_columns(std::move(understood)));
  if (!assumed.rows.empty()) blocks.emplace_back(without_empty_columns(std::move(assumed)));
  if (blocks.empty()) blocks.emplace_back(ReportText{"The request was given in full; nothing was assumed."});
  return blocks;
}

}  // namespace hearth
