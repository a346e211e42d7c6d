// What each program's files look like; one source each. A function returns no file where the program can't serve the
// choice.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deploy/target.h"
#include "domain/plan.h"

namespace hearth {

using ConfigFiles = std::vector<PlanConfigFile>;

// An option by its long name without dashes; no value: a switch.
struct EngineOption {
  std::string name;
  std::optional<std::string> value;
};
using EngineOptions = std::vector<EngineOption>;

// "--name", "value", ... of `options`.
[[nodiscard]] std::vector<std::string> option_words(const EngineOptions& options);

// Hearth itself: the plan served as a whole.
[[nodiscard]] ConfigFiles hearth_files(const Plan& plan, const std::vector<DeployTarget>& targets);

// llama.cpp's server: one model (script, systemd unit), and all GGUF models of the plan behind one port (preset,
// script).
[[nodiscard]] bool llama_server_serves(const DeployTarget& target);
// Without model, alias, host and port, which depend on where it runs.
[[nodiscard]] EngineOptions llama_server_options(const DeployTarget& target);
[[nodiscard]] ConfigFiles llama_server_files(const DeployTarget& target);
[[nodiscard]] ConfigFiles llama_router_files(const std::vector<DeployTarget>& targets);

[[nodiscard]] ConfigFiles ollama_files(const DeployTarget& target);

[[nodiscard]] bool vllm_serves(const DeployTarget& target);
// Without model, served name, host and port.
[[nodiscard]] EngineOptions vllm_options(const DeployTarget& target);
[[nodiscard]] ConfigFiles vllm_files(const DeployTarget& target);

[[nodiscard]] ConfigFiles tensorrt_llm_files(const DeployTarget& target);
[[nodiscard]] ConfigFiles mlx_files(const DeployTarget& target);
[[nodiscard]] ConfigFiles openvino_files(const DeployTarget& target);
[[nodiscard]] ConfigFiles onnxruntime_files(const DeployTarget& target);

// Container file, Kubernetes Deployment with its Service, KServe InferenceService.
[[nodiscard]] ConfigFiles container_files(const DeployTarget& target);

// A unit of systemd.
struct ServiceUnit {
  std::string description, program;
  std::vector<std::string> arguments, notes;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string needed_path;  // relative to the state folder, or absolute; empty: none
  std::uint64_t memory_max_bytes = 0;
  bool offline = false, uses_devices = false, locks_memory = false;
};
[[nodiscard]] std::string unit_text(const ServiceUnit& unit);

}  // namespace hearth
