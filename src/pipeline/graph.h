// A pipeline as its file has it: stages of known kinds, joined by typed links. Checked whole before anything runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// What flows along a link. Each carries what came before it: objects lie in their picture.
enum class FlowType : std::uint8_t { kNone, kPicture, kObjects, kCrops, kLabels, kText };
[[nodiscard]] std::string_view flow_type_name(FlowType type);

// What a stage does when its queue is full.
enum class DropPolicy : std::uint8_t {
  kBlock,   // the stage before waits: nothing is lost
  kOldest,  // the frame that waits longest goes: what is shown is fresh
  kNewest,  // the frame that comes goes
};

// One kind of stage and what it joins. `takes` are the flows it can be fed with.
struct StageKind {
  std::string_view name;
  std::vector<FlowType> takes;  // empty: a source
  FlowType gives;               // kNone: a sink
  bool needs_model = false;
  std::vector<std::string_view> settings;  // names of numbers and texts that it reads
};
// Every kind. Constant data.
[[nodiscard]] std::span<const StageKind> stage_kinds();

struct StageSpec {
  std::string id;
  const StageKind* kind = nullptr;
  std::string model;  // a role of PipelineGraph::models
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::optional<std::size_t> from;  // the stage that feeds it
  std::uint32_t queue = 4;          // frames that may wait before it
  DropPolicy drop = DropPolicy::kBlock;
};

// A value. Stages are in an order in which each comes after the one that feeds it.
struct PipelineGraph {
  std::string name;
  std::string description;
  std::map<std::string, std::string> models;  // role to what it has to be: "detect", "classify", "chat"
  std::vector<StageSpec> stages;

  // What flows into a stage.
  [[nodiscard]] FlowType flow_into(const StageSpec& stage) const;
};

// {"name", "description", "models": {ROLE: TASK}, "stages": [{"id", "kind", "from", "model", "queue", "drop",
// settings}]} kInvalidData names the stage and what is wrong: no JSON, an unknown key or kind, an id twice, a link from
// nowhere
// ("dangling"), a stage that nothing feeds, one that feeds nothing, a circle (its stages are named), flows that do not
// fit ("mistyped"), a model role that is not declared, bounds.
[[nodiscard]] Result<PipelineGraph> parse_pipeline(std::string_view json);

}  // namespace hearth
