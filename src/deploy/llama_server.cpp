// llama.cpp's server. Options and their meaning: data/tools/llama-server.json.
#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/units.h"
#include "deploy/engines.h"
#include "deploy/quoting.h"
#include "deploy/start_script.h"

namespace hearth {
namespace {

constexpr const char* kTool = "llama-server";
// "More than any model has"; older versions know no word for all.
constexpr const char* kAllLayers = "999";

bool is_quantised_cache(const std::string& type) { return type.rfind('q', 0) == 0 || type.rfind("iq", 0) == 0; }

void add_placement(const DeployTarget& target, EngineOptions& options) {
  const auto& placement = target.choice.placement;
  const auto& settings = target.choice.settings;
  if (target.on_cpu()) {
    options.push_back({"gpu-layers", "0"});
    return;
  }
  const bool experts = placement.kind == "experts_on_cpu";
  const bool split = placement.kind == "layers_split" && placement.layers_on_device >= 0;
  const std::string layers = settings.gpu_layers.value_or(-1) >= 0 && !experts ? std::to_string(*settings.gpu_layers)
                             : split ? std::to_string(placement.layers_on_device)
                                     : kAllLayers;
  options.push_back({"gpu-layers", layers});
  if (experts && placement.layers_on_device > 0 && placement.layers > placement.layers_on_device)
    options.push_back({"n-cpu-moe", std::to_string(placement.layers - placement.layers_on_device)});
  else if (experts)
    options.push_back({"cpu-moe", std::nullopt});
  if (target.device_count() < 2) return;
  std::string shares;
  for (const auto& [pool, bytes] : placement.bytes)
    if (pool != "ram") shares += (shares.empty() ? "" : ",") + std::to_string(std::max<std::uint64_t>(1, bytes / kMiB));
  options.push_back({"split-mode", "layer"});
  options.push_back({"tensor-split", shares});
}

void add_memory_mode(const PlanSettings& settings, EngineOptions& options) {
  const bool map = settings.mmap.value_or(true), lock = settings.mlock.value_or(false);
  if (map && !lock) return;  // what "auto" does; older versions lack the option
  options.push_back({"load-mode", map ? "mmap+mlock" : lock ? "mlock" : "none"});
}

void add_batches(const DeployTarget& target, EngineOptions& options) {
  const auto& settings = target.choice.settings;
  auto batch = settings.prompt_batch, microbatch = settings.prompt_microbatch;
  // A text to embed or rank goes through in one piece.
  if (target.embeds() || target.reranks()) {
    const int whole = static_cast<int>(std::min<std::uint64_t>(target.choice.context_length, 1U << 20U));
    batch = std::max(batch.value_or(0), whole);
    microbatch = batch;
  }
  if (batch.value_or(0) > 0) options.push_back({"batch-size", std::to_string(*batch)});
  if (microbatch.value_or(0) > 0) options.push_back({"ubatch-size", std::to_string(*microbatch)});
}

bool has_projector(const DeployTarget& target) {
  return target.choice.memory.component_bytes(memory_component::kProjector) > 0;
}

std::string projector_path(const DeployTarget& target) { return "models/" + target.name + ".mmproj.gguf"; }

// How the model is named on the command line.
EngineOptions model_options(const DeployTarget& target) {
  if (!target.weights.local)
    return {{"hf-repo", target.weights.hub + ":" + target.choice.precision_name}};  // brings its projector along
  EngineOptions options{{"model", target.weights.path}};
  if (has_projector(target)) options.push_back({"mmproj", projector_path(target)});
  return options;
}

EngineOptions served(const DeployTarget& target) {
  EngineOptions options = model_options(target);
  options.push_back({"alias", target.name});
  options.push_back({"host", "127.0.0.1"});
  options.push_back({"port", std::to_string(target.port)});
  const auto more = llama_server_options(target);
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

PlanConfigFile service_file(const DeployTarget& target) {
  ServiceUnit unit;
  unit.description = fmt::format("llama-server: {} for {}", target.name, target.choice.task);
  unit.notes = opening_notes(target);
  unit.notes.push_back(fmt::format(
      "Install: copy to /etc/systemd/system, weights to /var/lib/hearth/models; systemctl enable --now llama-server-{}",
      dns_label(target.choice.task)));
  unit.program = "/usr/bin/llama-server";
  unit.arguments = option_words(served(target));
  if (target.weights.local) unit.needed_path = target.weights.path;
  for (const auto& pool : target.plan->pools)
    if (pool.pool == "ram") unit.memory_max_bytes = pool.budget_bytes;
  unit.offline = target.offline;
  unit.uses_devices = !target.on_cpu();
  unit.locks_memory = target.choice.settings.mlock.value_or(false);
  return {"systemd", target.file(fmt::format("llama-server-{}.service", dns_label(target.choice.task))),
          unit_text(unit), false};
}

void need_weights(const DeployTarget& target, StartScript& script) {
  if (!target.weights.local) return;
  script.needed.emplace_back(target.weights.path, target.weights.wanted);
  if (has_projector(target))
    script.needed.emplace_back(projector_path(target), "the image projector (mmproj) of the same model");
}

}  // namespace

bool llama_server_serves(const DeployTarget& target) {
  static const std::set<std::string> kSystems{"linux", "macos", "windows", "android"};
  const bool other_engine = target.choice.runtime == "vllm" || target.choice.runtime == "ovms";  // they read GGUF too
  return target.choice.format == "gguf" && !other_engine && target.choice.context_length > 0 &&
         kSystems.count(target.os()) > 0;
}

EngineOptions llama_server_options(const DeployTarget& target) {
  const auto& choice = target.choice;
  const auto& settings = choice.settings;
  const std::uint32_t users = std::max<std::uint32_t>(1, choice.users);
  EngineOptions options{{"ctx-size", std::to_string(choice.context_length * users)},
                        {"parallel", std::to_string(users)}};
  if (!settings.kv_type.empty()) {
    options.push_back({"cache-type-k", settings.kv_type});
    options.push_back({"cache-type-v", settings.kv_type});
  }
  add_placement(target, options);
  if (settings.threads > 0) options.push_back({"threads", std::to_string(settings.threads)});
  add_batches(target, options);
  // A quantised V cache works only with flash attention.
  if (is_quantised_cache(settings.kv_type))
    options.push_back({"flash-attn", "on"});
  else if (settings.flash_attention)
    options.push_back({"flash-attn", *settings.flash_attention ? "on" : "off"});
  add_memory_mode(settings, options);
  options.push_back({"fit", "off"});      // the plan has fitted it; a second opinion would start something else
  options.push_back({"cache-ram", "0"});  // 8 GiB of old prompts by default, which no budget knows of
  if (target.embeds()) options.push_back({"embeddings", std::nullopt});
  if (target.reranks()) options.push_back({"reranking", std::nullopt});
  if (target.offline) options.push_back({"offline", std::nullopt});
  return options;
}

ConfigFiles llama_server_files(const DeployTarget& target) {
  if (!llama_server_serves(target)) return {};
  StartScript script;
  script.notes = opening_notes(target);
  need_weights(target, script);
  script.server.push_back(line(kTool));
  for (const auto& option : served(target))
    script.server.push_back(option.value ? line("--" + option.name, *option.value) : line("--" + option.name));
  ConfigFiles files{script_file(kTool, target.file(kTool), target.os(), script)};
  if (target.os() == "linux") files.push_back(service_file(target));
  return files;
}

ConfigFiles llama_router_files(const std::vector<DeployTarget>& targets) {
  std::string text =
      "; Models of this plan for `llama-server --models-preset`. Paths are relative to the folder it is started "
      "in.\n\nversion = 1\n";
  StartScript script;
  std::set<std::string> names;
  bool offline = false;
  std::string os;
  for (const auto& target : targets) {
    if (!llama_server_serves(target)) continue;
    std::string name = target.name;
    while (!names.insert(name).second) name += "-" + dns_label(target.choice.task);
    offline = target.offline;
    os = target.os();
    text += "\n" + comment_lines(opening_notes(target), ";");
    EngineOptions options = model_options(target);
    const auto more = llama_server_options(target);
    options.insert(options.end(), more.begin(), more.end());
    const bool fits = std::all_of(options.begin(), options.end(),
                                  [](const auto& option) { return fits_ini_value(option.value.value_or("")); });
    if (!fits) {
      text +=
          "; Left out: a preset file can't name a path with ';' or '#' in it. Rename the file, or use the model's own "
          "script.\n";
      names.erase(name);
      continue;
    }
    text += fmt::format("[{}]\n", name);
    for (const auto& option : options) text += fmt::format("{} = {}\n", option.name, option.value.value_or("true"));
    need_weights(target, script);
  }
  if (names.empty()) return {};
  script.notes = {"All GGUF models of the plan behind one port; each is loaded when it is first asked for."};
  script.server = {line(kTool), line("--models-preset", "deploy/llama-models.ini"), line("--host", "127.0.0.1"),
                   line("--port", std::to_string(kHearthPort)), line("--models-max", std::to_string(names.size()))};
  if (offline) script.server.push_back(line("--offline"));
  return {{kTool, "deploy/llama-models.ini", text, false}, script_file(kTool, "deploy/llama-models", os, script)};
}

}  // namespace hearth
