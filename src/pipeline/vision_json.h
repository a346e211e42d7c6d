// What a vision model found, as the commands and endpoints write it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "pipeline/vision_work.h"

namespace hearth {

// {width, height, objects[{label, class_id, score, box[x0,y0,x1,y1], box_normalized[...], track_id?, mask?}], timings,
// truncated?, note?} of a detector, {labels[{label, class_id, score}], timings, note?} of a classifier. Boxes are in
// pixels of the picture and, normalised, in 0..1. `masks`: run lengths as COCO has them, and outlines in pixels.
[[nodiscard]] nlohmann::ordered_json vision_json(const VisionRecipe& recipe, VisionWork& work, bool masks);
[[nodiscard]] nlohmann::ordered_json timings_json(const VisionTimings& timings);

}  // namespace hearth
