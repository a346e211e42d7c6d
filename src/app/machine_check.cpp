#include "app/machine_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/descriptor_limit.h"

namespace hearth {
namespace {

constexpr std::size_t kDescriptors = 65536;  // what `hearth serve` raises its bound to

}  // namespace

bool MachineCheck::has_problem() const {
  return std::ranges::any_of(findings, [](const auto& each) { return each.verdict == HardeningVerdict::kProblem; });
}

MachineCheck check_machine(const HearthApp& app, bool fix) {
  HardeningScope scope;
  scope.home = app.home();
  scope.descriptor_limit = raise_descriptor_limit(kDescriptors);
  scope.secrets = {app.home() / "api_keys"};
  const SystemTree tree;
  MachineCheck check;
  if (fix)
    for (const auto& each : fix_hardening(tree, scope))
      if (each.verdict == HardeningVerdict::kGood) check.fixed.push_back(each.id);
  check.findings = check_hardening(tree, scope);
  return check;
}

nlohmann::ordered_json machine_check_to_json(const MachineCheck& check) {
  auto findings = nlohmann::ordered_json::array();
  for (const auto& each : check.findings) {
    nlohmann::ordered_json finding = {{"id", each.id},
                                      {"title", each.title},
                                      {"verdict", hardening_verdict_name(each.verdict)},
                                      {"found", each.found}};
    if (!each.advice.empty()) finding["advice"] = each.advice;
    findings.push_back(std::move(finding));
  }
  return {{"findings", std::move(findings)}, {"fixed", check.fixed}, {"problem", check.has_problem()}};
}

}  // namespace hearth
