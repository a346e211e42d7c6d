// TensorRT-LLM: quantise, build an engine, serve it. Options: data/tools/trtllm-{quantize,build,serve}.json.
#include <fmt/format.h>
#include <algorithm>

#include "deploy/engines.h"
#include "deploy/start_script.h"

namespace hearth {
namespace {

// The quantiser's word for a precision; empty: it has none.
std::string quantiser_format(const std::string& precision) {
  static const std::vector<std::pair<std::string, std::string>> kWords{
      {"fp16", "full_prec"}, {"bf16", "full_prec"}, {"fp8-e4m3", "fp8"}, {"fp8", "fp8"},          {"nvfp4", "nvfp4"},
      {"awq", "int4_awq"},   {"int4", "int4_wo"},   {"int8", "int8_wo"}, {"int8-w8a8", "int8_sq"}};
  const auto found =
      std::find_if(kWords.begin(), kWords.end(), [&](const auto& word) { return word.first == precision; });
  return found == kWords.end() ? "" : found->second;
}

bool needs_calibration(const std::string& format) {
  return format != "full_prec" && format != "int4_wo" && format != "int8_wo";
}

// Of what is free once the engine is loaded, the part that the planned cache takes.
double cache_share(const DeployTarget& target) {
  const auto cache = target.choice.memory.component_bytes(memory_component::kKvCache);
  const auto capacity = target.device_capacity_bytes();
  const auto others = target.device_bytes() - std::min(cache, target.device_bytes());
  if (capacity <= others) return 0.9;
  return std::clamp(static_cast<double>(cache) / static_cast<double>(capacity - others), 0.01, 0.95);
}

}  // namespace

ConfigFiles tensorrt_llm_files(const DeployTarget& target) {
  const auto& choice = target.choice;
  const std::string format = quantiser_format(choice.precision);
  if (choice.runtime != "tensorrt-llm" || target.os() != "linux" || format.empty() || !target.decodes()) return {};
  const std::string source = "models/" + target.name + "-source";
  const std::string checkpoint = "models/" + target.name + "-trtllm-checkpoint";
  const std::string engine = "models/" + target.name + "-trtllm-engine";
  const std::string users = std::to_string(std::max(1U, choice.users)),
                    devices = std::to_string(std::max(1, target.device_count()));
  const std::string context = std::to_string(choice.context_length),
                    tokens = std::to_string(choice.settings.prompt_batch.value_or(8192));
  const bool remote_source = !target.offline && !choice.hub.empty() && !target.weights.given;
  const std::string weights = target.weights.given ? target.weights.path : remote_source ? choice.hub : source;
  StartScript script;
  script.notes = opening_notes(target);
  if (target.weights.local && !target.weights.given) script.notes.pop_back();  // of the engine; the source's follows
  script.notes.emplace_back(
      "Run it inside NVIDIA's TensorRT-LLM container, which has the examples in /app/tensorrt_llm.");
  script.notes.emplace_back("Checkpoint and engine are made once: " + checkpoint + ", " + engine +
                            ". An engine fits one GPU model only.");
  if (target.offline)
    for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"})
      script.environment.emplace_back(name, "1");
  if (!remote_source)
    script.needed.emplace_back(weights, "the unquantised weights (config.json, safetensors, tokenizer) of " +
                                            (choice.hub.empty() ? target.name : choice.hub));
  ScriptStep quantise{
      {line("python3", "/app/tensorrt_llm/examples/quantization/quantize.py"), line("--model_dir", weights),
       line("--qformat", format), line("--output_dir", checkpoint), line("--tp_size", devices)},
      checkpoint};
  if (choice.settings.kv_type.rfind("fp8", 0) == 0) quantise.command.push_back(line("--kv_cache_dtype", "fp8"));
  if (target.offline && needs_calibration(format)) {
    script.needed.emplace_back("models/calibration", "a folder with a data set of text for calibration");
    quantise.command.push_back(line("--calib_dataset", "models/calibration"));
  }
  ScriptStep build{{line("trtllm-build"), line("--checkpoint_dir", checkpoint), line("--output_dir", engine),
                    line("--max_batch_size", users), line("--max_seq_len", context), line("--max_num_tokens", tokens)},
                   engine};
  script.steps = {quantise, build};
  script.server = {line("trtllm-serve", engine),
                   line("--tokenizer", weights),
                   line("--backend", "tensorrt"),
                   line("--host", "127.0.0.1"),
                   line("--port", std::to_string(target.port)),
                   line("--max_batch_size", users),
                   line("--max_seq_len", context),
                   line("--max_num_tokens", tokens),
                   line("--tp_size", devices),
                   line("--kv_cache_free_gpu_memory_fraction", fmt::format("{:.2f}", cache_share(target)))};
  return {script_file("tensorrt-llm", target.file("tensorrt-llm"), target.os(), script)};
}

}  // namespace hearth
