#include "app/governed_ladder.h"

#include <algorithm>
#include <utility>

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

RungSettings carried_out(const RungSettings& asked, const MediaAbilities& abilities) {
  RungSettings kept;
  if (abilities.smaller_input) kept.resolution = asked.resolution;
  if (abilities.fewer_frames) kept.frame_every = asked.frame_every;
  if (abilities.smaller_models > 0) kept.model = asked.model;
  return kept;
}

bool is_empty(const RungSettings& s) {
  return !s.threads_share && !s.concurrency_share && !s.context_share && !s.kv_type && !s.speculation && !s.model &&
         !s.max_new_tokens && !s.resolution && !s.frame_every;
}

template <class Abilities>
Ladder cut(const Ladder& ladder, const Abilities& abilities) {
  Ladder kept = ladder;
  kept.rungs.clear();
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i) {
    LadderRung rung = ladder.rungs[i];
    rung.settings = carried_out(rung.settings, abilities);
    if (i == 0 || !is_empty(rung.settings)) kept.rungs.push_back(std::move(rung));
  }
  return kept;
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

MediaAbilities media_abilities(Modality modality, const std::vector<std::string>& models,
                               const std::map<std::string, std::string>& smaller) {
  MediaAbilities can;
  can.smaller_input = can.fewer_frames = modality == Modality::kVision && !models.empty();
  for (const std::string& model : models) {
    std::size_t length = 0;
    for (auto next = smaller.find(model); next != smaller.end() && length < smaller.size(); ++length)
      next = smaller.find(next->second);
    can.smaller_models = std::max(can.smaller_models, length);
  }
  return can;
}

Ladder carried_out(const Ladder& ladder, const TextAbilities& abilities) { return cut(ladder, abilities); }

Ladder carried_out(const Ladder& ladder, const MediaAbilities& abilities) {
  Ladder kept = cut(ladder, abilities);
  if (abilities.smaller_models != 1) return kept;
  // With one smaller model it is the floor as well: what comes after it changes nothing.
  const auto changes = [](const LadderRung& rung) { return rung.settings.model.has_value(); };
  const auto first = std::ranges::find_if(kept.rungs, changes);
  if (first != kept.rungs.end())
    kept.rungs.erase(std::remove_if(first + 1, kept.rungs.end(), changes), kept.rungs.end());
  return kept;
}

}  // namespace hearth
