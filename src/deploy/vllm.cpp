// vLLM. Options: data/tools/vllm.json.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "deploy/engines.h"
#include "deploy/start_script.h"
#include "deploy/yaml.h"

namespace hearth {
namespace {

std::string element_type(const std::string& precision) {
  return precision == "fp16" ? "float16" : precision == "bf16" ? "bfloat16" : precision == "fp32" ? "float32" : "auto";
}

// Share of the devices' memory that the choice takes, as vLLM counts it: rounded up to a hundredth.
double device_share(const DeployTarget& target) {
  const auto capacity = target.device_capacity_bytes();
  if (capacity == 0) return 0.9;  // vLLM's own
  const double share =
      std::ceil(100.0 * static_cast<double>(target.device_bytes()) / static_cast<double>(capacity)) / 100.0;
  return std::clamp(share, 0.05, 0.95);
}

nlohmann::ordered_json yaml_values(const EngineOptions& options) {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (const auto& [name, value] : options) {
    if (!value)
      values[name] = true;
    else if (!value->empty() && value->size() < 18 && value->find_first_not_of("0123456789") == std::string::npos)
      values[name] = std::stoll(*value);
    else if (name == "gpu-memory-utilization" || name == "cpu-offload-gb")
      values[name] = std::stod(*value);
    else
      values[name] = *value;
  }
  return values;
}

}  // namespace

bool vllm_serves(const DeployTarget& target) { return target.choice.runtime == "vllm" && target.os() == "linux"; }

EngineOptions vllm_options(const DeployTarget& target) {
  const auto& choice = target.choice;
  EngineOptions options;
  const auto add = [&](const char* name, std::string value) { options.push_back({name, std::move(value)}); };
  if (choice.context_length > 0) add("max-model-len", std::to_string(choice.context_length));
  add("max-num-seqs", std::to_string(std::max(1U, choice.users)));
  if (choice.settings.prompt_batch.value_or(0) > 0)
    add("max-num-batched-tokens", std::to_string(std::max<std::int64_t>(*choice.settings.prompt_batch, choice.users)));
  add("dtype", element_type(choice.precision));
  if (choice.precision.rfind("fp8", 0) == 0) add("quantization", "fp8");
  if (choice.settings.kv_type.rfind("fp8", 0) == 0) add("kv-cache-dtype", "fp8");
  if (!target.on_cpu()) add("gpu-memory-utilization", fmt::format("{:.2f}", device_share(target)));
  // Exact, so that the cache does not grow into all that is free; counted for each GPU.
  if (const auto cache = choice.memory.component_bytes(memory_component::kKvCache); cache > 0)
    add("kv-cache-memory-bytes",
        std::to_string(cache / static_cast<std::uint64_t>(std::max(1, target.device_count()))));
  if (target.device_count() > 1) add("tensor-parallel-size", std::to_string(target.device_count()));
  const bool split = choice.placement.kind == "layers_split" || choice.placement.kind == "experts_on_cpu";
  if (split && !target.on_cpu() && target.ram_bytes() > 0)
    add("cpu-offload-gb", fmt::format("{:.1f}", static_cast<double>(target.ram_bytes()) / static_cast<double>(kGiB)));
  if (target.embeds() || target.reranks()) add("runner", "pooling");
  return options;
}

ConfigFiles vllm_files(const DeployTarget& target) {
  if (!vllm_serves(target)) return {};
  const std::string yaml_path = target.file("vllm.yaml");
  EngineOptions options{{"model", target.weights.local ? target.weights.path : target.weights.hub},
                        {"served-model-name", target.name},
                        {"host", "127.0.0.1"},
                        {"port", std::to_string(target.port)}};
  const auto more = vllm_options(target);
  options.insert(options.end(), more.begin(), more.end());
  StartScript script;
  script.notes = opening_notes(target);
  script.notes.emplace_back("The values lie in " + yaml_path + ".");
  script.environment = {{"VLLM_NO_USAGE_STATS", "1"}, {"DO_NOT_TRACK", "1"}};
  if (target.offline)
    for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"})
      script.environment.emplace_back(name, "1");
  if (target.weights.local) script.needed.emplace_back(target.weights.path, target.weights.wanted);
  script.server = {line("vllm", "serve"), line("--config", yaml_path)};
  return {{"vllm", yaml_path, comment_lines(opening_notes(target), "#") + yaml_text(yaml_values(options)), false},
          script_file("vllm", target.file("vllm"), target.os(), script)};
}

}  // namespace hearth
