#include "pipeline/frame_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double per_unit) { return std::round(value * per_unit) / per_unit; }

Json labels_json(const Frame& frame, const LabelledPart& part) {
  Json labels = Json::array();
  for (const Classification& found : part.classes)
    labels.push_back({{"label", frame.classifier->vision.label(found.class_id)},
                      {"class_id", found.class_id},
                      {"score", rounded(found.score, 1e5)}});
  return labels;
}

Json objects_json(const Frame& frame) {
  Json objects = Json::array();
  for (const Detection& object : frame.detections.objects) {
    Json entry{{"label", frame.detector->vision.label(object.class_id)},
               {"class_id", object.class_id},
               {"score", rounded(object.score, 1e5)},
               {"box",
                {rounded(object.box.x0, 100), rounded(object.box.y0, 100), rounded(object.box.x1, 100),
                 rounded(object.box.y1, 100)}}};
    if (object.track_id >= 0) entry["track_id"] = object.track_id;
    objects.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < frame.n_parts; ++i)
    if (frame.parts[i].object) objects[*frame.parts[i].object]["labels"] = labels_json(frame, frame.parts[i]);
  return objects;
}

}  // namespace

Json frame_json(const StageSpec& stage, const Frame& frame) {
  Json out{{"index", frame.index}, {"path", frame.path}, {"stage", stage.id}};
  if (frame.error) return out;
  out["width"] = frame.picture.width();
  out["height"] = frame.picture.height();
  if (frame.detector != nullptr) out["objects"] = objects_json(frame);
  for (std::size_t i = 0; i < frame.n_parts; ++i)
    if (!frame.parts[i].object) out["labels"] = labels_json(frame, frame.parts[i]);
  if (!frame.text.empty()) out["text"] = frame.text;
  if (!frame.written.empty()) out["written"] = frame.written;
  return out;
}

Json figures_json(const PipelineFigures& figures) {
  Json stages = Json::array();
  for (const StageFigures& stage : figures.stages)
    stages.push_back(
        {{"id", stage.id},
         {"kind", stage.kind},
         {"runs_on", stage.runs_on},
         {"frames", stage.frames},
         {"failed", stage.failed},
         {"dropped", stage.dropped},
         {"queue", stage.queue},
         {"deepest", stage.deepest},
         {"latency_ms", {{"p50", rounded(stage.latency_p50_ms, 1e3)}, {"p95", rounded(stage.latency_p95_ms, 1e3)}}},
         {"busy_share", rounded(stage.busy_share, 1e4)}});
  return {{"frames", figures.frames},
          {"failed", figures.failed},
          {"wall_s", rounded(figures.wall_s, 1e4)},
          {"fps", rounded(figures.fps(), 100)},
          {"stages", std::move(stages)}};
}

}  // namespace hearth
