#include "app/plan_verification_input.h"

#include <fmt/format.h>

#include "base/units.h"
#include "documents/plan_json.h"
#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kPlanBytesMax = 64 * kMiB;

std::string shown(const HardwareProfile& machine) { return machine.name.empty() ? machine.id : machine.name; }

}  // namespace

Result<PlanInput> open_plan(const std::filesystem::path& given, const std::filesystem::path& home) {
  auto path = given.empty() ? home / kCurrentPlanFile : given;
  if (const auto info = file_info(path); info && info->kind == FileKind::kFolder) path /= "plan.json";
  auto text = read_file(path, kPlanBytesMax);
  if (!text && given.empty() && text.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound, fmt::format("there is no plan yet: {} is not there", path.string()),
                "make one first: hearth plan --task chat, or hearth plan \"what you want\"");
  if (!text) {
    auto error = std::move(text).error();
    if (error.hint.empty()) error.hint = "give a plan.json, or the folder that `hearth plan --out` wrote";
    return fail(std::move(error));
  }
  auto plan = read_plan(*text);
  if (!plan) {
    auto error = std::move(plan).error();
    error.message = fmt::format("{} is no plan that can be verified: {}", path.string(), error.message);
    return fail(std::move(error));
  }
  if (plan->choices.empty() && plan->unserved.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the plan {} chose nothing that could be verified", path.string()),
                "make a new one: hearth plan --task chat");
  return PlanInput{std::move(path), std::move(plan).value()};
}

std::string machine_key(const HardwareProfile& machine) { return machine.id.empty() ? machine.name : machine.id; }

Status check_machine(const Plan& plan, const HardwareProfile& own) {
  const auto& planned = plan.device;
  const bool unknown = planned.id.empty() && planned.name.empty();
  const bool same_record = !planned.id.empty() && !own.id.empty() ? planned.id == own.id : planned.name == own.name;
  const auto& model = planned.cpu.model;
  const auto& own_model = own.cpu.model;
  const bool same_cpu = planned.source == "catalogue" || !model || !own_model || model->value == own_model->value;
  if (unknown || (same_record && same_cpu)) return {};
  return fail(ErrorCode::kForbidden,
              fmt::format("the plan is for {}{}, this machine is {}{}", shown(planned),
                          same_record && model ? " with " + model->value : "", shown(own),
                          same_record && own_model ? " with " + own_model->value : ""),
              "plan for this machine with `hearth plan --device probe`, or measure all the same with --force");
}

}  // namespace hearth
