// What a task means for planning: which models serve it, how runtimes word it, which preset describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/plan_request.h"
#include "plan/plan_inputs.h"

namespace hearth {

struct TaskSpec {
  PlanWish wish;
  std::string modality;                 // of runtime records: "llm", "vlm", "vision", "stt", "tts", "embed", "rerank"
  const CatalogModel* model = nullptr;  // wished
  bool generates_text = false;

  // A record that serves this task at all.
  [[nodiscard]] bool serves(const CatalogModel& candidate) const;
  // The preset's name for this task with a model of that size: "llm-small", "llm-8b", "vision", "stt", "tts"; empty
  // where presets have none.
  [[nodiscard]] std::string workload(const CatalogModel& candidate) const;
};

// The task a model is made for, as plans name it.
[[nodiscard]] std::string task_of_model(const CatalogModel& model);

// `model` is the wished record or file, nullptr where the planner chooses.
[[nodiscard]] TaskSpec task_spec(const PlanWish& wish, const CatalogModel* model);

// The preset of the machine's class for this task; nullptr where there is none.
[[nodiscard]] const CatalogPreset* preset_for(const PlanCatalog& catalog, std::string_view preset_class,
                                              std::string_view workload);

}  // namespace hearth
