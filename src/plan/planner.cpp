#include "plan/planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "plan/joint_choice.h"
#include "plan/media_candidates.h"
#include "plan/model_quality.h"
#include "plan/plan_choice.h"
#include "plan/plan_explanations.h"
#include "plan/runtime_rule.h"
#include "plan/text_candidates.h"

namespace hearth {
namespace {

constexpr std::size_t kRejectionsShown = 24;  // of each task; the nearest ones

Result<const CatalogModel*> wished_model(const PlanInputs& inputs, const std::string& name) {
  if (name.empty()) return nullptr;
  for (const auto& file : inputs.files)
    if (file.id == name) return &file;
  if (const auto* model = find_record(inputs.catalog.models, name)) return model;
  return fail(ErrorCode::kNotFound, fmt::format("no record and no file is called '{}'", name), "see: hearth models");
}

Status check_machine(const HardwareProfile& machine) {
  if (!machine.memory.total_bytes || machine.memory.total_bytes->value == 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the memory of {} is unknown, so nothing can be planned for it",
                            machine.name.empty() ? "the machine" : machine.name),
                "give a profile with memory.total_bytes, or name a device: --device pi5");
  return {};
}

// The machine with so many cards like its first one that has memory of its own.
Status repeat_card(HardwareProfile& machine, std::uint32_t count) {
  const auto first = std::find_if(machine.accelerators.begin(), machine.accelerators.end(),
                                  [](const auto& device) { return !device.unified && device.memory_bytes; });
  if (first == machine.accelerators.end())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} has no card that could be there {} times", machine.name, count),
                "leave the number out");
  if (count + 2 > kPoolsMax)
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} cards are more than a plan counts", count),
                fmt::format("give at most {}", kPoolsMax - 2));
  const ProfileAccelerator card = *first;
  std::erase_if(machine.accelerators, [&](const auto& device) { return device.kind == card.kind && !device.unified; });
  for (std::uint32_t i = 0; i < count; ++i) {
    machine.accelerators.push_back(card);
    machine.accelerators.back().id = card.kind + std::to_string(i);
  }
  return {};
}

TaskOptions enumerate(const TaskSpec& spec, const PlanContext& context) {
  TaskOptions options;
  options.spec = spec;
  if (spec.generates_text) {
    add_text_candidates(options, context);
  } else {
    add_media_candidates(options, context);
  }
  apply_runtime_rule(options);
  keep_best(options);
  return options;
}

class PlanMaker {
 public:
  PlanMaker(const PlanContext& context, const PlanUnderstanding& understanding, std::vector<std::string> left_out)
      : context_(context), left_out_(std::move(left_out)) {
    plan_.understood = understanding;
    plan_.device = context.machine;
    plan_.hearth_version = context.inputs.hearth_version;
    plan_.offline = context.request.offline || context.request.privacy;
  }

  Result<Plan> make() {
    for (const auto& wish : context_.request.wishes) {
      HEARTH_ASSIGN(model, wished_model(context_.inputs, wish.model));
      options_.push_back(enumerate(task_spec(wish, model), context_));
    }
    const auto picks = choose_jointly(options_, context_.ledger);
    PoolBytes taken{};
    for (std::size_t i = 0; i < options_.size(); ++i) {
      decided_.push_back({&options_[i], picks[i] ? &options_[i].fitting[*picks[i]] : nullptr, {}, {}});
      if (decided_.back().chosen) taken = PoolLedger::sum(taken, decided_.back().chosen->bytes);
    }
    plan_.pools = context_.ledger.with_planned(taken);
    for (auto& task : decided_) describe(task, taken);
    plan_.slos = slo_checks(plan_, context_);
    plan_.risks = risks_of(plan_, context_);
    plan_.verification = verification_of(plan_);
    for (const auto& reason : left_out_) plan_.rejected.push_back({"", "", "", "", reason, 0});
    return std::move(plan_);
  }

 private:
  void describe(DecidedTask& task, const PoolBytes& taken) {
    const std::string& name = task.options->spec.wish.task;
    task.others = taken;
    if (task.chosen) {
      for (std::size_t i = 0; i < kPoolsMax; ++i) task.others[i] -= task.chosen->bytes[i];
      plan_.choices.push_back(plan_choice(*task.chosen, task.options->spec, context_));
      plan_.ladders[name] = ladder_of(task, context_);
    } else {
      plan_.unserved.push_back(name);
      task.substitutes = substitutes_of(task);
    }
    for (auto& line : rejections_of(task, kRejectionsShown)) plan_.rejected.push_back(std::move(line));
    for (auto& way : alternatives_of(task, context_)) plan_.alternatives.push_back(std::move(way));
  }

  // What would be planned if no model had been wished for.
  std::vector<Candidate> substitutes_of(const DecidedTask& task) {
    if (!task.options->spec.model) return task.options->of_models;
    PlanWish wish = task.options->spec.wish;
    wish.model.clear();
    return enumerate(task_spec(wish, nullptr), context_).of_models;
  }

  const PlanContext& context_;
  std::vector<std::string> left_out_;
  std::vector<TaskOptions> options_;
  std::vector<DecidedTask> decided_;
  Plan plan_;
};

}  // namespace

Result<Plan> make_plan(const PlanInputs& inputs, const HardwareProfile& machine,
                       const PlanUnderstanding& understanding) {
  HardwareProfile profile = machine;
  const PlanRequest& request = understanding.request;
  const auto& known = profile.memory.total_bytes;
  if (request.memory_bytes && (!known || known->value != *request.memory_bytes))
    profile.memory.total_bytes = Fact<std::uint64_t>{*request.memory_bytes, Provenance::kAssumed};
  if (request.accelerators) HEARTH_TRY(repeat_card(profile, *request.accelerators));
  HEARTH_TRY(check_machine(profile));
  const PoolLedger ledger(profile, request.budget_bytes);
  auto found = execution_targets(inputs, profile, ledger);
  if (found.targets.empty())
    return fail(ErrorCode::kUnsupported,
                fmt::format("no runtime of the catalogue runs on {} ({})", profile.name,
                            profile.os.empty() ? "unknown system" : profile.os),
                "see: hearth runtimes");
  const Calibration calibration(inputs.measured);
  const PlanContext context{inputs,
                            profile,
                            request,
                            ledger,
                            found.targets,
                            calibration,
                            highest_floor(inputs.catalog.precisions, request.uses)};
  return PlanMaker(context, understanding, std::move(found.left_out)).make();
}

}  // namespace hearth
