#include "pipeline/vision_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "vision/mask.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

// Digits beyond these are noise of the arithmetic and only make lines long.
double rounded(double value, double per_unit) { return std::round(value * per_unit) / per_unit; }

Json box_json(const Box& box, double across, double down, double per_unit) {
  return {rounded(box.x0 / across, per_unit), rounded(box.y0 / down, per_unit), rounded(box.x1 / across, per_unit),
          rounded(box.y1 / down, per_unit)};
}

Json mask_json(const Mask& mask, std::int32_t width, std::int32_t height) {
  const RunLengths runs = run_lengths(mask, width, height);
  Json polygons = Json::array();
  for (const auto& outline : outlines(mask)) {
    Json points = Json::array();
    for (const Point& point : outline) points.push_back({rounded(point.x, 10), rounded(point.y, 10)});
    polygons.push_back(std::move(points));
  }
  return {{"size", {runs.height, runs.width}},
          {"counts", compressed_run_lengths(runs)},
          {"area", mask.area()},
          {"polygons", std::move(polygons)}};
}

Json object_json(const VisionRecipe& recipe, VisionWork& work, const Detection& object, bool masks) {
  const double width = std::max(1, work.width());
  const double height = std::max(1, work.height());
  Json entry{{"label", recipe.vision.label(object.class_id)},
             {"class_id", object.class_id},
             {"score", rounded(object.score, 1e5)},
             {"box", box_json(object.box, 1, 1, 100)},
             {"box_normalized", box_json(object.box, width, height, 1e6)}};
  if (object.track_id >= 0) entry["track_id"] = object.track_id;
  if (masks && object.mask >= 0)
    entry["mask"] =
        mask_json(work.detections().masks[static_cast<std::size_t>(object.mask)], work.width(), work.height());
  return entry;
}

}  // namespace

Json timings_json(const VisionTimings& timings) {
  return {{"decode_ms", rounded(timings.decode_ms, 1e3)},
          {"pre_ms", rounded(timings.pre_ms, 1e3)},
          {"infer_ms", rounded(timings.infer_ms, 1e3)},
          {"post_ms", rounded(timings.post_ms, 1e3)}};
}

Json vision_json(const VisionRecipe& recipe, VisionWork& work, bool masks) {
  Json out{{"width", work.width()}, {"height", work.height()}};
  if (recipe.vision.task == VisionTask::kClassify) {
    Json labels = Json::array();
    for (const Classification& found : work.classes())
      labels.push_back({{"label", recipe.vision.label(found.class_id)},
                        {"class_id", found.class_id},
                        {"score", rounded(found.score, 1e5)}});
    out["labels"] = std::move(labels);
  } else {
    Json objects = Json::array();
    for (const Detection& object : work.detections().objects)
      objects.push_back(object_json(recipe, work, object, masks));
    out["objects"] = std::move(objects);
    if (work.detections().truncated) out["truncated"] = true;
  }
  out["timings"] = timings_json(work.timings());
  if (!work.note().empty()) out["note"] = work.note();
  return out;
}

}  // namespace hearth
