#include "app/machine_routing.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "catalog/catalog.h"
#include "platform/file.h"
#include "router/target_choice.h"

namespace hearth {
namespace {

constexpr std::uint64_t kRecordBytesMax = 4U << 20U;

Result<std::vector<CatalogFile>> policy_files(const std::filesystem::path& data_folder) {
  std::vector<CatalogFile> files;
  HEARTH_ASSIGN(names, list_folder(data_folder / "policies" / "routing"));
  for (const auto& name : names) {
    if (!name.ends_with(".json")) continue;
    HEARTH_ASSIGN(text, read_file(data_folder / "policies" / "routing" / name, kRecordBytesMax));
    files.push_back({"policies/routing/" + name, std::move(text)});
  }
  return files;
}

}  // namespace

Result<RoutingPolicy> load_routing_policy(const std::filesystem::path& data_folder, const std::string& name) {
  if (name.ends_with(".json")) {  // a user's own: checked against the schema first
    const std::filesystem::path path(name);
    HEARTH_ASSIGN(text, read_file(path, kRecordBytesMax));
    HEARTH_ASSIGN(schema, read_file(data_folder / "schemas" / "routing.schema.json", kRecordBytesMax));
    const std::vector<CatalogFile> files = {{"policies/routing/" + path.filename().string(), std::move(text)},
                                            {"schemas/routing.schema.json", std::move(schema)}};
    HEARTH_ASSIGN(catalog, Catalog::load(files));
    return RoutingPolicy::compile(catalog.routing_policies().front());
  }
  HEARTH_ASSIGN(files, policy_files(data_folder));
  HEARTH_ASSIGN(catalog, Catalog::load(files, CatalogCheck::kTrusted));
  HEARTH_ASSIGN(record, catalog.routing_policy(name));
  return RoutingPolicy::compile(*record);
}

Result<std::unique_ptr<MachineRouting>> MachineRouting::open(Parts parts) {
  HEARTH_ASSIGN(memory, RouteMemory::open(parts.home, parts.policy.bandit()));
  return std::unique_ptr<MachineRouting>(new MachineRouting(std::move(parts), std::move(memory)));
}

void MachineRouting::route(const RouteRequest& request, RouteMachine& machine, RouteDecision& decision) {
  const std::lock_guard lock(gate_);
  const auto now = parts_.clock->now();
  if (machine.state.session_target < 0) machine.state.session_target = sessions_.find(request.session, now);
  const RouteBandit* bandit = parts_.learn ? &memory_.bandit() : nullptr;
  ThreeStageRouter({*parts_.classifier, parts_.policy, parts_.targets.targets, bandit, *parts_.clock})
      .route(request, machine.view(), decision);
  if (bandit != nullptr) memory_.bandit().count(decision.explored);
  if (decision.target() >= 0) sessions_.put(request.session, decision.target(), now);
}

BanditChoice MachineRouting::choice_of(const RouteRequest& request, const RouteMachine& machine,
                                       const RouteDecision& decision) const {
  BanditChoice choice;
  choice.context = bandit_context(decision, machine.view(), request);
  if (const TargetIndex target = decision.target(); target >= 0)
    choice.expected = expected_reward(decision.candidates[static_cast<std::size_t>(target)].score);
  return choice;
}

float MachineRouting::planned_ms(const RouteDecision& decision) const {
  const TargetIndex target = decision.target();
  if (target < 0) return 0;
  const std::lock_guard lock(gate_);
  const float factor =
      parts_.learn ? memory_.bandit().time_factor(parts_.targets.targets[static_cast<std::size_t>(target)].name) : 1.0F;
  return decision.candidates[static_cast<std::size_t>(target)].expected_ms / factor;
}

Status MachineRouting::learn(const RouteRecord& record) {
  if (!parts_.learn) return {};
  const std::lock_guard lock(gate_);
  return memory_.add(record);
}

std::string MachineRouting::notice() const {
  const std::lock_guard lock(gate_);
  return memory_.notice().empty() ? parts_.targets.notice : memory_.notice();
}

std::string MachineRouting::report_json() const {
  const std::lock_guard lock(gate_);
  nlohmann::ordered_json report = {{"learning", parts_.learn},
                                   {"routes", memory_.bandit().n_choices()},
                                   {"explored", memory_.bandit().n_explored()},
                                   {"outcomes", nlohmann::ordered_json::array()}};
  for (const auto& [target, intents] : memory_.tallies()) {
    for (const auto& [intent, t] : intents) {
      const auto n = static_cast<double>(t.n);
      report["outcomes"].push_back({{"target", target},
                                    {"intent", intent},
                                    {"n", t.n},
                                    {"slo_missed", t.slo_missed},
                                    {"failed", t.failed},
                                    {"aborted", t.aborted},
                                    {"retried", t.retried},
                                    {"thumbs_up", t.thumbs_up},
                                    {"thumbs_down", t.thumbs_down},
                                    {"mean_total_ms", t.n == 0 ? 0 : t.total_ms / n},
                                    {"mean_reward", t.n == 0 ? 0 : t.total_reward / n}});
    }
  }
  return report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace hearth
