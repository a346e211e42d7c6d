#include "deploy/deploy.h"

#include <iterator>

#include "deploy/engines.h"

namespace hearth {

std::vector<std::string> option_words(const EngineOptions& options) {
  std::vector<std::string> words;
  for (const auto& option : options) {
    words.push_back("--" + option.name);
    if (option.value) words.push_back(*option.value);
  }
  return words;
}

std::vector<PlanConfigFile> deployment_configs(const Plan& plan) {
  std::vector<PlanConfigFile> files;
  if (plan.choices.empty()) return files;
  const auto add = [&](ConfigFiles more) {
    files.insert(files.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  const auto targets = deploy_targets(plan);
  add(hearth_files(plan, targets));
  add(llama_router_files(targets));
  for (const auto& target : targets)
    for (const auto make : {llama_server_files, ollama_files, vllm_files, tensorrt_llm_files, mlx_files, openvino_files,
                            onnxruntime_files, container_files})
      add(make(target));
  return files;
}

}  // namespace hearth
