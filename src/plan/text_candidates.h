// Every way a language model can be served on a machine that fits it.
#pragma once

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// Closed formulas only; see docs/guides/planning.md for the cost. `options.spec` must generate text.
void add_text_candidates(TaskOptions& options, const PlanContext& context);

// The context that is planned for where the request names none.
[[nodiscard]] std::uint64_t wanted_context(const PlanContext& context, const CatalogModel& model,
                                           const CatalogPreset* preset);

// Tokens of the prompt that the time to the first token is projected for.
[[nodiscard]] std::uint64_t first_token_prompt(std::uint64_t context_length);

}  // namespace hearth
