#include "deploy/target.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "base/display_text.h"
#include "base/units.h"
#include "deploy/quoting.h"

namespace hearth {
namespace {

PlanChoice cleaned(PlanChoice choice) {
  for (std::string* text :
       {&choice.task, &choice.model, &choice.model_name, &choice.family, &choice.hub, &choice.file, &choice.licence,
        &choice.precision, &choice.precision_name, &choice.format, &choice.runtime, &choice.runtime_name,
        &choice.install_hint, &choice.backend, &choice.device, &choice.device_name, &choice.settings.kv_type})
    *text = one_line(*text);
  return choice;
}

bool mentions(std::string text, std::string_view word) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text.find(word) != std::string::npos;
}

bool is_unquantised(const std::string& precision) {
  return precision == "fp16" || precision == "bf16" || precision == "fp32";
}

// Whether what the hub publishes is what the plan chose. A record names the publisher's own weights, which are seldom
// the quantised ones; guessing another repository's name would start something else or nothing.
bool hub_has_chosen_weights(const PlanChoice& choice) {
  static const std::regex kHubName("[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*");
  if (!std::regex_match(choice.hub, kHubName)) return false;
  if (choice.format == "gguf") return mentions(choice.hub, "gguf");
  if (choice.format == "openvino_ir" || choice.format == "onnx") return mentions(choice.hub, "openvino/");
  if (is_unquantised(choice.precision)) return choice.format == "safetensors" || choice.format == "mlx";
  if (choice.format == "mlx") return mentions(choice.hub, "mlx");
  if (choice.runtime == "vllm" && choice.precision.rfind("fp8", 0) == 0) return true;  // made while loading
  const std::string word = choice.precision.substr(0, choice.precision.find('-'));
  return word.size() > 2 && mentions(choice.hub, word);
}

std::string expected_path(const PlanChoice& choice, const std::string& name) {
  const std::string precision = file_slug(choice.precision_name.empty() ? choice.precision : choice.precision_name);
  if (choice.format == "gguf") return "models/" + name + "." + precision + ".gguf";
  if (choice.format == "onnx") return "models/" + name + "-" + precision + "/model.onnx";
  return "models/" + name + "-" + precision;
}

std::string wanted_weights(const PlanChoice& choice) {
  const std::string& of =
      choice.hub.empty() ? (choice.model_name.empty() ? choice.model : choice.model_name) : choice.hub;
  const std::string precision = choice.precision_name.empty() ? choice.precision : choice.precision_name;
  const std::string kind = choice.format == "gguf"          ? "the " + precision + " GGUF file"
                           : choice.format == "onnx"        ? "the " + precision + " ONNX file"
                           : choice.format == "openvino_ir" ? "the folder of the " + precision + " OpenVINO model"
                                                            : "the folder of the " + precision + " weights";
  return kind + " of " + of;
}

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  std::string leaf = slash == std::string::npos ? path : path.substr(slash + 1);
  for (const std::string_view ending : {".gguf", ".onnx", ".xml", ".safetensors", ".bin"})
    if (leaf.size() > ending.size() && leaf.compare(leaf.size() - ending.size(), ending.size(), ending) == 0)
      leaf.resize(leaf.size() - ending.size());
  return leaf;
}

}  // namespace

std::uint64_t DeployTarget::ram_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& item : choice.memory.items)
    if (item.device == "cpu" || item.device == "ram") sum += item.bytes;
  return sum;
}

int DeployTarget::device_count() const {
  const auto pools = std::count_if(choice.placement.bytes.begin(), choice.placement.bytes.end(),
                                   [](const auto& part) { return part.first != "ram"; });
  return pools > 0 ? static_cast<int>(pools) : on_cpu() ? 0 : 1;
}

std::uint64_t DeployTarget::device_capacity_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& pool : plan->pools) {
    const bool used =
        pool.pool == choice.device || std::any_of(choice.placement.bytes.begin(), choice.placement.bytes.end(),
                                                  [&](const auto& part) { return part.first == pool.pool; });
    if (used && pool.pool != "ram") sum += pool.capacity_bytes;
  }
  return sum;
}

std::vector<DeployTarget> deploy_targets(const Plan& plan) {
  std::vector<DeployTarget> targets;
  std::set<std::string> folders;
  for (const auto& choice : plan.choices) {
    DeployTarget target;
    target.plan = &plan;
    target.choice = cleaned(choice);
    target.offline = plan.offline || plan.understood.request.privacy || plan.understood.request.offline;
    target.port = kFirstEnginePort + static_cast<int>(targets.size());
    target.name = file_slug(base_name(target.choice.model));
    const std::string task = dns_label(target.choice.task);
    std::string folder = "deploy/" + task;
    for (int again = 2; !folders.insert(folder).second; ++again) folder = fmt::format("deploy/{}-{}", task, again);
    target.folder = folder;
    auto& weights = target.weights;
    weights.hub = target.choice.hub;
    weights.given = !target.choice.file.empty();
    weights.path = weights.given ? target.choice.file : expected_path(target.choice, target.name);
    weights.local = weights.given || target.offline || !hub_has_chosen_weights(target.choice);
    weights.wanted = wanted_weights(target.choice);
    targets.push_back(std::move(target));
  }
  return targets;
}

std::vector<std::string> opening_notes(const DeployTarget& target) {
  const PlanChoice& choice = target.choice;
  const std::string& shown = choice.model_name.empty() ? choice.model : choice.model_name;
  const std::string precision = choice.precision_name.empty() ? choice.precision : choice.precision_name;
  std::vector<std::string> notes{fmt::format("{} ({}) for {}, as planned by Hearth.", shown, precision, choice.task)};
  std::string sizes = fmt::format("Planned memory: {}.", format_bytes(choice.memory.total_bytes()));
  if (choice.context_length > 0)
    sizes += fmt::format(" Context: {} tokens{}.", choice.context_length,
                         choice.users > 1 ? fmt::format(" for each of {} users", choice.users) : "");
  notes.push_back(sizes);
  if (target.offline)
    notes.emplace_back("The plan is offline or private: nothing is fetched and nothing leaves this machine.");
  if (target.weights.local && !target.weights.given)
    notes.push_back(fmt::format("Must be there before the start: {}, {}.", target.weights.path, target.weights.wanted));
  return notes;
}

std::string comment_lines(const std::vector<std::string>& notes, const std::string& mark) {
  std::string out;
  for (const auto& note : notes) {
    std::string line = one_line(note);
    while (!line.empty() && line.back() == '\\') line.pop_back();  // some formats join lines there
    out += mark + " " + line + "\n";
  }
  return out;
}

}  // namespace hearth
