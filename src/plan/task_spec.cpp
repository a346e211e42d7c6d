#include "plan/task_spec.h"

#include <algorithm>

#include "base/contains.h"

namespace hearth {
namespace {

constexpr std::uint64_t kSmallModel = 1'800'000'000;  // parameters; presets call what is below "llm-small"

std::string modality_of(std::string_view task, const CatalogModel* model) {
  if (task == "image_chat") return "vlm";
  if (task == plan_task::kChat) return model && model->kind == "vlm" ? "vlm" : "llm";
  if (task == plan_task::kStt || task == plan_task::kTts || task == "rerank") return std::string(task);
  if (task == plan_task::kEmbed || task == "image_embed") return "embed";
  return "vision";
}

}  // namespace

std::string task_of_model(const CatalogModel& model) {
  if (model.kind == "llm") return plan_task::kChat;
  if (model.kind == "vlm") return "image_chat";
  if (model.kind == "detection") return "detect";
  if (model.kind == "classification") return "classify";
  if (model.kind == "segmentation") return "segment";
  if (model.kind == "stt") return plan_task::kStt;
  if (model.kind == "tts") return plan_task::kTts;
  if (model.kind == "clip") return "image_embed";
  if (model.kind == "reranker") return "rerank";
  return model.tasks.empty() ? plan_task::kEmbed : model.tasks.front();
}

bool TaskSpec::serves(const CatalogModel& candidate) const {
  if (model) return &candidate == model;
  const std::string& task = wish.task;
  if (task == plan_task::kChat) return candidate.kind == "llm" && contains(candidate.tasks, "chat");
  if (task == "image_chat") return candidate.kind == "vlm";
  if (task == plan_task::kStt)
    return candidate.kind == "stt" && contains(candidate.tasks, "stt") &&
           (!wish.streaming || (candidate.audio && candidate.audio->streaming));
  if (task == plan_task::kTts)
    return candidate.kind == "tts" && contains(candidate.tasks, "tts") && contains(candidate.inputs, "text");
  if (task == "detect") return candidate.kind == "detection";
  if (task == "classify") return candidate.kind == "classification";
  if (task == "segment") return candidate.kind == "segmentation" && contains(candidate.tasks, "segment");
  if (task == "image_embed") return candidate.kind == "clip";
  if (task == "rerank") return candidate.kind == "reranker";
  return candidate.kind == "embedding";
}

std::string TaskSpec::workload(const CatalogModel& candidate) const {
  if (generates_text) return candidate.parameters_total < kSmallModel ? "llm-small" : "llm-8b";
  if (modality == "vision" || modality == "stt" || modality == "tts") return modality;
  return "";
}

TaskSpec task_spec(const PlanWish& wish, const CatalogModel* model) {
  TaskSpec spec;
  spec.wish = wish;
  spec.model = model;
  spec.modality = modality_of(wish.task, model);
  spec.generates_text = spec.modality == "llm" || spec.modality == "vlm";
  return spec;
}

const CatalogPreset* preset_for(const PlanCatalog& catalog, std::string_view preset_class, std::string_view workload) {
  if (preset_class.empty() || workload.empty()) return nullptr;
  for (const auto& preset : catalog.presets)
    if (preset.device_class == preset_class && preset.workload == workload) return &preset;
  return nullptr;
}

}  // namespace hearth
