// mlx_lm on Apple silicon. Options: data/tools/mlx_lm.server.json, mlx_lm.convert.json.
#include <fmt/format.h>
#include <algorithm>

#include "deploy/engines.h"
#include "deploy/start_script.h"

namespace hearth {
namespace {

// Bits of MLX's own quantisation; 0: none.
int weight_bits(const std::string& precision) { return precision == "int4" ? 4 : precision == "int8" ? 8 : 0; }

int cache_bits(const std::string& type) { return type == "q4_0" ? 4 : type == "q8_0" ? 8 : 0; }

}  // namespace

ConfigFiles mlx_files(const DeployTarget& target) {
  const auto& choice = target.choice;
  if (choice.runtime != "mlx" || target.os() != "macos" || !target.decodes()) return {};
  StartScript script;
  script.notes = opening_notes(target);
  if (target.offline) script.environment = {{"HF_HUB_OFFLINE", "1"}, {"TRANSFORMERS_OFFLINE", "1"}};
  const int bits = weight_bits(choice.precision);
  const bool converts =
      target.weights.local && !target.weights.given && !target.offline && bits > 0 && !choice.hub.empty();
  if (converts)
    script.steps.push_back(
        {{line("mlx_lm.convert"), line("--hf-path", choice.hub), line("--mlx-path", target.weights.path),
          line("--quantize"), line("--q-bits", std::to_string(bits))},
         target.weights.path});
  else if (target.weights.local)
    script.needed.emplace_back(target.weights.path, target.weights.wanted);
  script.server = {line("mlx_lm.server"),
                   line("--model", target.weights.local ? target.weights.path : target.weights.hub),
                   line("--host", "127.0.0.1"), line("--port", std::to_string(target.port))};
  const auto add = [&](const char* name, std::uint64_t value) {
    script.server.push_back(line(name, std::to_string(value)));
  };
  const int kept_bits = cache_bits(choice.settings.kv_type);
  if (kept_bits > 0) {
    add("--kv-bits", static_cast<std::uint64_t>(kept_bits));
    if (choice.users > 1)
      script.notes.emplace_back("With a quantised cache mlx_lm serves one request at a time; the others wait.");
  } else {
    add("--decode-concurrency", std::max(1U, choice.users));
    add("--prompt-concurrency", std::max(1U, choice.users));
  }
  if (choice.settings.prompt_batch.value_or(0) > 0)
    add("--prefill-step-size", static_cast<std::uint64_t>(*choice.settings.prompt_batch));
  if (const auto cache = choice.memory.component_bytes(memory_component::kKvCache); cache > 0)
    add("--prompt-cache-bytes", cache);
  add("--max-tokens", std::max<std::uint64_t>(1, choice.context_length / 2));
  return {script_file("mlx", target.file("mlx-server"), target.os(), script)};
}

}  // namespace hearth
