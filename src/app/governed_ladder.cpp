#include "app/governed_ladder.h"

#include <algorithm>

namespace hearth {
namespace {

bool is_whole(const std::string& type) { return type.empty() || type == "f16" || type == "bf16" || type == "f32"; }

RungSettings carried_out(const RungSettings& asked, const TextAbilities& abilities) {
  RungSettings kept;
  if (abilities.fewer_threads) kept.threads_share = asked.threads_share;
  if (abilities.fewer_slots) kept.concurrency_share = asked.concurrency_share;
  if (abilities.shorter_context) kept.context_share = asked.context_share;
  if (abilities.quantised_cache) kept.kv_type = asked.kv_type;
  if (abilities.speculation) kept.speculation = asked.speculation;
  if (abilities.smaller_model) kept.model = asked.model;
  kept.max_new_tokens = asked.max_new_tokens;
  return kept;
}

bool is_empty(const RungSettings& s) {
  return !s.threads_share && !s.concurrency_share && !s.context_share && !s.kv_type && !s.speculation && !s.model &&
         !s.max_new_tokens;
}

}  // namespace

TextAbilities text_abilities(const std::vector<ServedModelSettings>& models, unsigned cpu_count) {
  TextAbilities can;
  for (const ServedModelSettings& model : models) {
    can.fewer_threads |= (model.load.n_threads == 0 ? cpu_count : model.load.n_threads) > 1;
    can.fewer_slots |= model.slots > 1;
    can.shorter_context = true;
    can.quantised_cache |= is_whole(model.text.kv_type_k);
    can.smaller_model |= !model.smaller.empty();
  }
  return can;
}

Ladder carried_out(const Ladder& ladder, const TextAbilities& abilities) {
  Ladder kept = ladder;
  kept.rungs.clear();
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i) {
    LadderRung rung = ladder.rungs[i];
    rung.settings = carried_out(rung.settings, abilities);
    if (i == 0 || !is_empty(rung.settings)) kept.rungs.push_back(std::move(rung));
  }
  return kept;
}

}  // namespace hearth
