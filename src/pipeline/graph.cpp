#include "pipeline/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"

namespace hearth {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kStagesMax = 64;
constexpr std::size_t kTextMax = 64U << 10U;
constexpr std::uint32_t kQueueMax = 1024;

constexpr std::array<std::string_view, 6> kFlowNames = {"nothing", "picture", "objects", "crops", "labels", "text"};
constexpr std::array<std::string_view, 4> kTasks = {"detect", "classify", "segment", "chat"};

Unexpected wrong(std::string message, std::string hint = {}) {
  return fail(ErrorCode::kInvalidData, "the pipeline " + std::move(message), std::move(hint));
}

Unexpected wrong_stage(const StageSpec& stage, const std::string& message, std::string hint = {}) {
  return fail(
      Error(ErrorCode::kInvalidData, fmt::format("the pipeline's stage '{}' {}", stage.id, message), std::move(hint))
          .with("stage", stage.id));
}

const StageKind* find_kind(const std::string& name) {
  const auto kinds = stage_kinds();
  const auto at = std::ranges::find(kinds, std::string_view(name), &StageKind::name);
  return at == kinds.end() ? nullptr : &*at;
}

std::string kind_names() {
  std::string names;
  for (const StageKind& kind : stage_kinds()) names += fmt::format("{}{}", names.empty() ? "" : ", ", kind.name);
  return names;
}

Status read_setting(const std::string& key, const Json& value, StageSpec& stage) {
  const auto& known = stage.kind->settings;
  if (std::ranges::find(known, std::string_view(key)) == known.end()) {
    std::vector<std::string> names(known.begin(), known.end());
    const auto near = nearest_name(key, names);
    return wrong_stage(stage, fmt::format("has an unknown key \"{}\"", key),
                       near ? fmt::format("did you mean \"{}\"?", *near) : std::string());
  }
  if (value.is_number()) {
    stage.numbers[key] = value.get<double>();
  } else if (value.is_string() && value.get_ref<const std::string&>().size() <= kTextMax) {
    stage.texts[key] = value.get<std::string>();
  } else {
    return wrong_stage(stage, fmt::format("has a \"{}\" that is neither a number nor a text", key));
  }
  return {};
}

Status read_queue(const std::string& key, const Json& value, StageSpec& stage) {
  if (key == "queue") {
    if (!value.is_number_integer() || value < 1 || value > kQueueMax)
      return wrong_stage(stage, fmt::format("has a queue that is not within 1 and {}", kQueueMax));
    stage.queue = value.get<std::uint32_t>();
    return {};
  }
  const std::string name = value.is_string() ? value.get<std::string>() : std::string();
  if (name == "block")
    stage.drop = DropPolicy::kBlock;
  else if (name == "oldest")
    stage.drop = DropPolicy::kOldest;
  else if (name == "newest")
    stage.drop = DropPolicy::kNewest;
  else
    return wrong_stage(stage, "has a \"drop\" that is none of block, oldest and newest");
  return {};
}

Result<std::string> text_of(const Json& object, const char* key, const std::string& of) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string() || at->get_ref<const std::string&>().empty() ||
      at->get_ref<const std::string&>().size() > 256)
    return wrong(fmt::format("has {} without a \"{}\"", of, key));
  return at->get<std::string>();
}

// A stage and the id of the one that feeds it.
struct ReadStage {
  StageSpec spec;
  std::string from;
};

Result<ReadStage> read_stage(const Json& object, const PipelineGraph& graph) {
  ReadStage read;
  StageSpec& stage = read.spec;
  if (!object.is_object()) return wrong("has a stage that is no object");
  HEARTH_ASSIGN(id, text_of(object, "id", "a stage"));
  stage.id = std::move(id);
  HEARTH_ASSIGN(kind, text_of(object, "kind", fmt::format("a stage '{}'", stage.id)));
  stage.kind = find_kind(kind);
  if (stage.kind == nullptr)
    return wrong_stage(stage, fmt::format("is of an unknown kind '{}'", kind), "known are " + kind_names());
  for (const auto& [key, value] : object.items()) {
    if (key == "id" || key == "kind") continue;
    if (key == "from" && value.is_string())
      read.from = value.get<std::string>();
    else if (key == "model" && value.is_string() && stage.kind->needs_model)
      stage.model = value.get<std::string>();
    else if (key == "queue" || key == "drop")
      HEARTH_TRY(read_queue(key, value, stage));
    else
      HEARTH_TRY(read_setting(key, value, stage));
  }
  if (stage.kind->needs_model && !graph.models.contains(stage.model))
    return wrong_stage(stage, fmt::format("names the model '{}', which \"models\" does not declare", stage.model));
  return read;
}

Status read_models(const Json& document, PipelineGraph& graph) {
  const auto models = document.find("models");
  if (models == document.end()) return {};
  if (!models->is_object() || models->size() > kStagesMax)
    return wrong("has \"models\" that are no object of roles and tasks");
  for (const auto& [role, task] : models->items()) {
    const std::string name = task.is_string() ? task.get<std::string>() : std::string();
    if (std::ranges::find(kTasks, std::string_view(name)) == kTasks.end())
      return wrong(fmt::format("has a model '{}' of no known task", role),
                   "tasks are detect, classify, segment and chat");
    graph.models[role] = name;
  }
  return {};
}

// Puts the stages in an order in which each follows the one that feeds it.
class Joiner {
 public:
  explicit Joiner(std::vector<ReadStage> stages) : stages_(std::move(stages)) {}

  Status join(PipelineGraph& graph) {
    HEARTH_TRY(look_up());
    std::vector<std::size_t> place(stages_.size(), kNowhere);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (place[i] != kNowhere || (feeds_[i] != kNowhere && place[feeds_[i]] == kNowhere)) continue;
        place[i] = graph.stages.size();
        graph.stages.push_back(stages_[i].spec);
        if (feeds_[i] != kNowhere) graph.stages.back().from = place[feeds_[i]];
        moved = true;
      }
    }
    if (graph.stages.size() == stages_.size()) return {};
    std::string circle;
    for (std::size_t i = 0; i < stages_.size(); ++i)
      if (place[i] == kNowhere) circle += fmt::format("{}'{}'", circle.empty() ? "" : ", ", stages_[i].spec.id);
    return wrong("is cyclic: no source feeds " + circle, "begin with a stage of kind \"pictures\"");
  }

 private:
  static constexpr std::size_t kNowhere = SIZE_MAX;

  Status look_up() {
    feeds_.assign(stages_.size(), kNowhere);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const ReadStage& stage = stages_[i];
      const auto same = [&](const ReadStage& other) { return other.spec.id == stage.spec.id; };
      if (std::ranges::count_if(stages_, same) > 1) return wrong_stage(stage.spec, "comes twice");
      const bool source = stage.spec.kind->takes.empty();
      if (source != stage.from.empty())
        return wrong_stage(stage.spec,
                           source ? "is a source, and nothing can feed it" : "is dangling: nothing feeds it",
                           source ? "leave out its \"from\"" : R"(say where it takes from: "from": "ID")");
      if (source) continue;
      const auto at =
          std::ranges::find_if(stages_, [&](const ReadStage& other) { return other.spec.id == stage.from; });
      if (at == stages_.end())
        return wrong_stage(stage.spec, fmt::format("is dangling: it takes from '{}', which is not there", stage.from));
      feeds_[i] = static_cast<std::size_t>(at - stages_.begin());
    }
    return {};
  }

  std::vector<ReadStage> stages_;
  std::vector<std::size_t> feeds_;
};

Status check_flows(const PipelineGraph& graph) {
  std::vector<bool> feeds(graph.stages.size(), false);
  for (const StageSpec& stage : graph.stages) {
    if (!stage.from) continue;
    feeds[*stage.from] = true;
    const FlowType flow = graph.flow_into(stage);
    if (std::ranges::find(stage.kind->takes, flow) != stage.kind->takes.end()) continue;
    std::string takes;
    for (const FlowType each : stage.kind->takes)
      takes += fmt::format("{}{}", takes.empty() ? "" : " or ", flow_type_name(each));
    return wrong_stage(stage, fmt::format("is mistyped: it takes {}, and '{}' gives {}", takes,
                                          graph.stages[*stage.from].id, flow_type_name(flow)));
  }
  for (std::size_t i = 0; i < feeds.size(); ++i)
    if (!feeds[i] && graph.stages[i].kind->gives != FlowType::kNone)
      return wrong_stage(graph.stages[i], "is dangling: nothing takes what it gives",
                         "end with a stage of kind \"emit\"");
  return {};
}

}  // namespace

std::string_view flow_type_name(FlowType type) { return kFlowNames[static_cast<std::size_t>(type)]; }

std::span<const StageKind> stage_kinds() {
  using enum FlowType;
  static const std::vector<StageKind> kinds = {
      {"pictures", {}, kPicture, false, {}},
      {"detect", {kPicture}, kObjects, true, {"score", "iou"}},
      {"segment", {kPicture}, kObjects, true, {"score", "iou"}},
      {"track", {kObjects}, kObjects, false, {}},
      {"crop", {kObjects}, kCrops, false, {"margin", "most"}},
      {"classify", {kPicture, kCrops}, kLabels, true, {"top"}},
      {"draw", {kObjects, kLabels}, kPicture, false, {}},
      {"describe", {kObjects, kLabels}, kText, true, {"prompt", "max_tokens"}},
      {"write", {kPicture}, kNone, false, {"folder"}},
      {"emit", {kPicture, kObjects, kCrops, kLabels, kText}, kNone, false, {}},
  };
  return kinds;
}

FlowType PipelineGraph::flow_into(const StageSpec& stage) const {
  return stage.from ? stages[*stage.from].kind->gives : FlowType::kNone;
}

Result<PipelineGraph> parse_pipeline(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return wrong("is no JSON object");
  PipelineGraph graph;
  for (const auto& [key, value] : document.items())
    if (key != "name" && key != "description" && key != "models" && key != "stages" && key != "$schema")
      return wrong(fmt::format("has an unknown key \"{}\"", key), "known are name, description, models and stages");
  HEARTH_ASSIGN(name, text_of(document, "name", "no name: it is"));
  graph.name = std::move(name);
  if (const auto at = document.find("description"); at != document.end() && at->is_string())
    graph.description = at->get<std::string>();
  HEARTH_TRY(read_models(document, graph));
  const auto list = document.find("stages");
  if (list == document.end() || !list->is_array() || list->empty() || list->size() > kStagesMax)
    return wrong(fmt::format("must have \"stages\", 1 to {}", kStagesMax));
  std::vector<ReadStage> stages;
  for (const Json& each : *list) {
    HEARTH_ASSIGN(stage, read_stage(each, graph));
    stages.push_back(std::move(stage));
  }
  HEARTH_TRY(Joiner(std::move(stages)).join(graph));
  HEARTH_TRY(check_flows(graph));
  return graph;
}

}  // namespace hearth
