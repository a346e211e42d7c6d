// The rungs of a ladder that this server can really carry out: a step that changes nothing is none.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

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

// What can be changed about the models of one modality besides text.
struct MediaAbilities {
  bool smaller_input = false;  // a picture may be laid into a smaller one, where the graph leaves its size open
  bool fewer_frames = false;
  std::size_t smaller_models = 0;  // the longest chain of them: with one it is both the smaller and the floor
};
[[nodiscard]] MediaAbilities media_abilities(Modality modality, const std::vector<std::string>& models,
                                             const std::map<std::string, std::string>& smaller);

// Without the settings that nothing here carries out, and without the rungs that have none left. Rung 0 stays.
[[nodiscard]] Ladder carried_out(const Ladder& ladder, const TextAbilities& abilities);
[[nodiscard]] Ladder carried_out(const Ladder& ladder, const MediaAbilities& abilities);

}  // namespace hearth
