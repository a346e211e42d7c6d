// Hearth's own files: which plan is served where, the unit that serves it, the container that carries it.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/engines.h"

namespace hearth {
namespace {

PlanConfigFile config_file(const std::vector<DeployTarget>& targets) {
  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  for (const auto& target : targets) {
    models.push_back({{"task", target.choice.task}, {"name", target.name}, {"weights", target.weights.path}});
    if (!target.weights.hub.empty() && !target.offline) models.back()["hub"] = target.weights.hub;
  }
  const nlohmann::ordered_json config{{"schema_version", 1}, {"plan", "../plan.json"},        {"host", "127.0.0.1"},
                                      {"port", kHearthPort}, {"offline", targets[0].offline}, {"models", models}};
  return {"hearth", "deploy/hearth.json", config.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          false};
}

PlanConfigFile service_file(const Plan& plan, const std::vector<DeployTarget>& targets) {
  ServiceUnit unit;
  unit.description = "Hearth: serves its plan";
  unit.notes = {"Install: copy to /etc/systemd/system and plan.json to /var/lib/hearth; systemctl enable --now hearth"};
  unit.program = "/usr/bin/hearth";
  unit.arguments = {"up", "/var/lib/hearth/plan.json"};
  unit.environment = {{"HEARTH_HOME", "/var/lib/hearth"}};
  if (targets[0].offline) unit.environment.emplace_back("HEARTH_OFFLINE", "1");
  unit.needed_path = "plan.json";
  for (const auto& pool : plan.pools)
    if (pool.pool == "ram") unit.memory_max_bytes = pool.budget_bytes;
  unit.offline = targets[0].offline;
  for (const auto& target : targets) {
    unit.uses_devices = unit.uses_devices || !target.on_cpu();
    unit.locks_memory = unit.locks_memory || target.choice.settings.mlock.value_or(false);
  }
  return {"systemd", "deploy/hearth.service", unit_text(unit), false};
}

PlanConfigFile container_file(bool offline) {
  std::string text = comment_lines({"Hearth with this plan. Build the image localhost/hearth from Hearth's own "
                                    "Containerfile first; then, in the plan's folder:",
                                    "podman build -f deploy/Containerfile -t hearth-plan .",
                                    "podman run --rm -v hearth:/var/lib/hearth -p 127.0.0.1:8080:8080 hearth-plan"},
                                   "#");
  text += "FROM localhost/hearth\n";
  if (offline) text += "ENV HEARTH_OFFLINE=1\n";
  text += fmt::format("COPY plan.json /etc/hearth/plan.json\nEXPOSE {}\nCMD [\"up\", \"/etc/hearth/plan.json\"]\n",
                      kHearthPort);
  return {"container", "deploy/Containerfile", text, false};
}

}  // namespace

ConfigFiles hearth_files(const Plan& plan, const std::vector<DeployTarget>& targets) {
  ConfigFiles files{config_file(targets)};
  if (plan.device.os == "linux") {
    files.push_back(service_file(plan, targets));
    files.push_back(container_file(targets[0].offline));
  }
  return files;
}

}  // namespace hearth
