// Ollama. Instructions, parameters and variables: data/tools/ollama.json.
#include <fmt/format.h>

#include "deploy/engines.h"
#include "deploy/start_script.h"

namespace hearth {
namespace {

// A word of a Modelfile: quotes have no escapes inside, so three of them are used where one is in the way.
std::string modelfile_word(const std::string& word) {
  if (word.find_first_of(" \"#") == std::string::npos) return word;
  return word.find('"') == std::string::npos ? "\"" + word + "\"" : "\"\"\"" + word + "\"\"\"";
}

// Relative paths are relative to the Modelfile, which lies two folders down.
std::string weights_reference(const DeployTarget& target) {
  if (!target.weights.local) return "hf.co/" + target.weights.hub + ":" + target.choice.precision_name;
  const std::string& path = target.weights.path;
  const bool absolute = path.front() == '/' || path.find(':') == 1;
  return absolute ? path : "../../" + path;
}

std::string modelfile_text(const DeployTarget& target) {
  const auto& settings = target.choice.settings;
  std::string text = comment_lines(opening_notes(target), "#");
  text += "FROM " + modelfile_word(weights_reference(target)) + "\n";
  const auto parameter = [&](const char* name, const std::string& value) {
    text += fmt::format("PARAMETER {} {}\n", name, value);
  };
  parameter("num_ctx", std::to_string(target.choice.context_length));
  if (settings.prompt_batch.value_or(0) > 0) parameter("num_batch", std::to_string(*settings.prompt_batch));
  if (target.on_cpu())
    parameter("num_gpu", "0");
  else if (target.choice.placement.kind == "layers_split" && target.choice.placement.layers_on_device >= 0)
    parameter("num_gpu", std::to_string(target.choice.placement.layers_on_device));
  if (settings.threads > 0) parameter("num_thread", std::to_string(settings.threads));
  if (settings.mmap) parameter("use_mmap", *settings.mmap ? "true" : "false");
  return text;
}

}  // namespace

ConfigFiles ollama_files(const DeployTarget& target) {
  const bool plain = target.decodes() && target.choice.placement.kind != "experts_on_cpu" &&
                     target.choice.placement.kind != "ssd_streamed";
  if (!llama_server_serves(target) || !plain || target.os() == "android") return {};
  const auto& settings = target.choice.settings;
  StartScript script;
  script.notes = opening_notes(target);
  script.notes.emplace_back(
      "Starts a server of its own for this plan; stop the system's Ollama service first, it has the same port.");
  script.notes.emplace_back("Once it answers: ollama create " + target.name + " -f " + target.file("Modelfile"));
  script.environment = {{"OLLAMA_HOST", "127.0.0.1:11434"},
                        {"OLLAMA_NUM_PARALLEL", std::to_string(std::max(1U, target.choice.users))},
                        {"OLLAMA_MAX_LOADED_MODELS", "1"}};
  const bool quantised_cache = settings.kv_type == "q8_0" || settings.kv_type == "q4_0";
  if (quantised_cache) script.environment.emplace_back("OLLAMA_KV_CACHE_TYPE", settings.kv_type);
  if (quantised_cache || settings.flash_attention.value_or(false))
    script.environment.emplace_back("OLLAMA_FLASH_ATTENTION", "1");
  if (target.offline) script.environment.emplace_back("OLLAMA_NO_CLOUD", "1");
  if (target.weights.local) script.needed.emplace_back(target.weights.path, target.weights.wanted);
  script.server = {line("ollama", "serve")};
  return {{"ollama", target.file("Modelfile"), modelfile_text(target), false},
          script_file("ollama", target.file("ollama-serve"), target.os(), script)};
}

}  // namespace hearth
