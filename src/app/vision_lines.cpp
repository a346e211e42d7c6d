#include "app/vision_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/vision_json.h"

namespace hearth {
namespace {

void add_decision(nlohmann::ordered_json& line, const LatencyDecision& decision) {
  line["resolution"] = decision.resolution;
  line["skip"] = decision.skip;
  if (decision.latency_ms > 0) line["latency_ms"] = decision.latency_ms;
  if (!decision.reason.empty()) line["reason"] = decision.reason;
}

std::string name_of(const VisionResult& result) {
  if (!result.input.frame) return result.input.path;
  return fmt::format("{} frame {}", result.input.path == "-" ? "stdin" : result.input.path, *result.input.frame);
}

std::string found_text(const VisionRecipe& recipe, VisionWork& work) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (recipe.vision.task == VisionTask::kClassify) {
    for (const auto& found : work.classes())
      add(fmt::format("{} {:.2f}", recipe.vision.label(found.class_id), found.score));
    return text;
  }
  const auto& objects = work.detections().objects;
  for (const auto& object : objects) {
    const std::string track = object.track_id >= 0 ? fmt::format("#{}", object.track_id) : std::string();
    add(fmt::format("{}{} {:.2f} [{:.0f} {:.0f} {:.0f} {:.0f}]", recipe.vision.label(object.class_id), track,
                    object.score, object.box.x0, object.box.y0, object.box.x1, object.box.y1));
  }
  return fmt::format("{} object{}{}{}", objects.size(), objects.size() == 1 ? "" : "s", objects.empty() ? "" : ": ",
                     text);
}

}  // namespace

nlohmann::ordered_json vision_line(const VisionResult& result, bool masks) {
  nlohmann::ordered_json line{{"path", result.input.path}};
  if (result.input.frame) line["frame"] = *result.input.frame;
  if (result.work != nullptr)
    line.update(vision_json(*result.recipe, *result.work, masks));
  else if (!result.error)
    line["skipped"] = true;
  if (result.decision) add_decision(line, *result.decision);
  if (!result.drawn.empty()) line["drawn"] = result.drawn;
  return line;
}

std::string vision_text(const VisionResult& result) {
  std::string text = name_of(result) + ": ";
  if (result.work == nullptr) return text + "passed over";
  text += found_text(*result.recipe, *result.work);
  text += fmt::format(" ({:.1f} ms)", result.work->timings().total_ms());
  if (result.decision && result.decision->changed) text += " " + result.decision->reason;
  if (!result.drawn.empty()) text += " -> " + result.drawn;
  return text;
}

}  // namespace hearth
