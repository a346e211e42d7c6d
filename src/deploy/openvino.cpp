// OpenVINO Model Server. Options and fields of config.json: data/tools/ovms.json.
#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "deploy/engines.h"
#include "deploy/start_script.h"

namespace hearth {
namespace {

constexpr const char* kTool = "ovms";

std::string device_word(const std::string& backend) {
  return backend == "intel_gpu"                ? "GPU"
         : backend == "intel_npu"              ? "NPU"
         : backend.empty() || backend == "cpu" ? "CPU"
                                               : "";
}

std::string server_task(const DeployTarget& target) {
  if (target.embeds()) return "embeddings";
  if (target.reranks()) return "rerank";
  return target.decodes() ? "text_generation" : "";
}

void add_address(const DeployTarget& target, StartScript& script) {
  script.server.push_back(line("--rest_bind_address", "127.0.0.1"));
  script.server.push_back(line("--rest_port", std::to_string(target.port)));
}

// A model that the server runs through a pipeline of its own: no config.json, the graph is made from these options.
ConfigFiles generative_files(const DeployTarget& target, const std::string& task, StartScript script) {
  const auto& choice = target.choice;
  script.server = {line(kTool)};
  if (target.weights.local) {
    script.server.push_back(line("--model_path", target.weights.path));
  } else {
    script.server.push_back(line("--source_model", target.weights.hub));
    script.server.push_back(line("--model_repository_path", "models"));
  }
  script.server.push_back(line("--model_name", target.name));
  script.server.push_back(line("--task", task));
  script.server.push_back(line("--target_device", device_word(choice.backend)));
  add_address(target, script);
  if (task == "text_generation") {
    const auto cache = choice.memory.component_bytes(memory_component::kKvCache);
    if (cache > 0)
      script.server.push_back(line("--cache_size", std::to_string((cache + kGiB - 1) / kGiB)));  // whole GB only
    script.server.push_back(line("--max_num_seqs", std::to_string(std::max(1U, choice.users))));
    if (choice.settings.prompt_batch.value_or(0) > 0)
      script.server.push_back(line("--max_num_batched_tokens", std::to_string(*choice.settings.prompt_batch)));
    if (choice.backend == "intel_npu")
      script.server.push_back(line("--max_prompt_len", std::to_string(choice.context_length)));
    if (choice.settings.kv_type == "q8_0" || choice.settings.kv_type == "u8")
      script.server.push_back(line("--kv_cache_precision", "u8"));
  }
  return {script_file("openvino", target.file("ovms"), target.os(), script)};
}

std::string config_text(const DeployTarget& target) {
  const auto& choice = target.choice;
  const auto& path = target.weights.path;
  const bool absolute = path.front() == '/' || path.find(':') == 1;
  nlohmann::ordered_json plugin{{"PERFORMANCE_HINT", choice.users > 1 ? "THROUGHPUT" : "LATENCY"}};
  if (choice.settings.streams.value_or(0) > 0) plugin["NUM_STREAMS"] = std::to_string(*choice.settings.streams);
  if (target.on_cpu() && choice.settings.threads > 0)
    plugin["INFERENCE_NUM_THREADS"] = std::to_string(choice.settings.threads);
  nlohmann::ordered_json config{{"name", target.name},
                                {"base_path", absolute ? path : "../../" + path},
                                {"target_device", device_word(choice.backend)},
                                {"nireq", choice.settings.streams.value_or(1)},
                                {"plugin_config", plugin}};
  const auto& size = choice.settings.resolution;
  if (size.size() == 2 && size[0] == size[1])  // the order of width and height depends on the model
    config["shape"] = fmt::format("({},3,{},{})", std::max(1, choice.settings.batch.value_or(1)), size[0], size[1]);
  const nlohmann::ordered_json whole{
      {"model_config_list", nlohmann::ordered_json::array({nlohmann::ordered_json{{"config", config}}})}};
  return whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

ConfigFiles openvino_files(const DeployTarget& target) {
  const bool runs = (target.choice.runtime == "openvino" || target.choice.runtime == "ovms") &&
                    (target.os() == "linux" || target.os() == "windows");
  if (!runs || device_word(target.choice.backend).empty()) return {};
  StartScript script;
  script.notes = opening_notes(target);
  if (target.weights.local) script.needed.emplace_back(target.weights.path, target.weights.wanted);
  const std::string task = server_task(target);
  if (!task.empty()) return generative_files(target, task, script);
  if (!target.weights.local) {
    script.notes.push_back(
        fmt::format("Must be there before the start: {}, {}.", target.weights.path, target.weights.wanted));
    script.needed.emplace_back(target.weights.path, target.weights.wanted);
  }
  script.notes.emplace_back("The folder holds a folder for each version: 1/model.xml and 1/model.bin.");
  const std::string config_path = target.file("ovms.json");
  script.server = {line(kTool), ScriptLine{ScriptWord{"--config_path"}, ScriptWord{config_path, true}}};
  add_address(target, script);
  return {{"openvino", config_path, config_text(target), false},
          script_file("openvino", target.file("ovms"), target.os(), script)};
}

}  // namespace hearth
