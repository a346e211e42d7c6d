#include "plan/candidate_variant.h"

#include "plan/text_speed.h"

namespace hearth {

bool recount(Candidate& c, const PlanContext& context) {
  const auto totals = model_memory_totals(c.memory_query());
  if (!totals) return false;
  c.memory = *totals;
  c.streamed_bytes = 0;
  draw_on_pools(c, context.ledger);
  if (!c.speed.decode && !c.kv) return true;
  const auto profiles = text_profiles(context, *c.target, *c.precision);
  if (!profiles) return false;
  project_text(c, *profiles, context);
  return true;
}

}  // namespace hearth
