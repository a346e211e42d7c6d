// The rungs of a ladder that this server can really carry out: a step that changes nothing is none.
#pragma once

#include <cstddef>

#include "app/served_models.h"
#include "domain/ladder.h"

namespace hearth {

// What can be changed about the text models that are served.
struct TextAbilities {
  bool fewer_threads = false;  // more than one decodes
  bool fewer_slots = false;    // a model has more than one
  bool shorter_context = false;
  bool quantised_cache = false;  // a model's is whole by plan
  bool speculation = true;
  bool smaller_model = false;  // one is named to answer for another
};
[[nodiscard]] TextAbilities text_abilities(const std::vector<ServedModelSettings>& models, unsigned cpu_count);

// Without the settings that nothing here carries out, and without the rungs that have none left. Rung 0 stays.
[[nodiscard]] Ladder carried_out(const Ladder& ladder, const TextAbilities& abilities);

}  // namespace hearth
