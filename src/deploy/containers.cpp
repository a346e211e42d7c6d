// The servers in containers: container file, Kubernetes, KServe. Fields: data/tools/kubernetes.json, kserve.json.
#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "deploy/engines.h"
#include "deploy/quoting.h"
#include "deploy/yaml.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

// What runs in the container, whoever starts it.
struct ContainerRun {
  std::string image, program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string host_folder;  // mounted at /models
};

bool is_absolute(const std::string& path) { return path.front() == '/'; }

std::string leaf_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// An offline plan's images are loaded beforehand; "localhost/" is never asked for over the network.
std::string image_of(const DeployTarget& target) {
  const auto& backend = target.choice.backend;
  if (vllm_serves(target)) return target.offline ? "localhost/vllm-openai:local" : "docker.io/vllm/vllm-openai:v0.33.0";
  const std::string kind = backend == "cuda"     ? "server-cuda"
                           : backend == "rocm"   ? "server-rocm"
                           : backend == "vulkan" ? "server-vulkan"
                           : backend == "sycl"   ? "server-intel"
                                                 : "server";
  return (target.offline ? "localhost/llama.cpp:" : "ghcr.io/ggml-org/llama.cpp:") + kind;
}

std::string model_in_container(const DeployTarget& target) {
  if (!target.weights.local) return target.weights.hub;
  const auto& path = target.weights.path;
  return "/models/" + (is_absolute(path) ? leaf_of(path) : path.rfind("models/", 0) == 0 ? path.substr(7) : path);
}

ContainerRun llama_run(const DeployTarget& target) {
  ContainerRun run;
  run.program = "/app/llama-server";
  run.arguments = target.weights.local
                      ? std::vector<std::string>{"--model", model_in_container(target)}
                      : std::vector<std::string>{"--hf-repo", target.weights.hub + ":" + target.choice.precision_name};
  if (target.weights.local && target.choice.memory.component_bytes(memory_component::kProjector) > 0) {
    run.arguments.emplace_back("--mmproj");
    run.arguments.push_back("/models/" + target.name + ".mmproj.gguf");
  }
  // Inside a container the address is the container's own; who may reach it is decided outside.
  for (const auto& word : {std::string("--alias"), target.name, std::string("--host"), std::string("0.0.0.0"),
                           std::string("--port"), std::to_string(target.port)})
    run.arguments.push_back(word);
  const auto more = option_words(llama_server_options(target));
  run.arguments.insert(run.arguments.end(), more.begin(), more.end());
  return run;
}

ContainerRun vllm_run(const DeployTarget& target) {
  ContainerRun run;
  run.program = "vllm";
  run.arguments = {"serve",  model_in_container(target), "--served-model-name", target.name, "--host", "0.0.0.0",
                   "--port", std::to_string(target.port)};
  const auto more = option_words(vllm_options(target));
  run.arguments.insert(run.arguments.end(), more.begin(), more.end());
  run.environment = {{"VLLM_NO_USAGE_STATS", "1"}, {"DO_NOT_TRACK", "1"}};
  if (target.offline)
    run.environment.insert(run.environment.end(), {{"HF_HUB_OFFLINE", "1"}, {"TRANSFORMERS_OFFLINE", "1"}});
  return run;
}

ContainerRun container_run(const DeployTarget& target) {
  ContainerRun run = vllm_serves(target) ? vllm_run(target) : llama_run(target);
  run.image = image_of(target);
  const auto& path = target.weights.path;
  run.host_folder = target.weights.local && is_absolute(path) && path.find_last_of('/') > 0
                        ? path.substr(0, path.find_last_of('/'))
                        : "/var/lib/hearth/models";
  return run;
}

std::string containerfile(const DeployTarget& target, const ContainerRun& run) {
  auto notes = opening_notes(target);
  const std::string name = "hearth-" + dns_label(target.choice.task);
  if (target.offline)
    notes.push_back("The image " + run.image + " must be there: load it from a file with podman load -i.");
  notes.push_back(fmt::format("podman build -f {} -t {} .", target.file("Containerfile"), name));
  const char* device = target.choice.backend == "cuda" ? " --device nvidia.com/gpu=all"
                       : target.on_cpu()               ? ""
                                                       : " --device /dev/dri";
  const std::string folder = target.weights.given ? shell_quote(run.host_folder) : "./models";
  notes.push_back(fmt::format("podman run --rm{} -v {}:/models:ro -p 127.0.0.1:{}:{} {}", device, folder, target.port,
                              target.port, name));
  std::string text = comment_lines(notes, "#") + "FROM " + run.image + "\n";
  for (const auto& [key, value] : run.environment) text += fmt::format("ENV {}={}\n", key, value);
  Json entry = Json::array({run.program});
  text += fmt::format("EXPOSE {}\nENTRYPOINT {}\nCMD {}\n", target.port, entry.dump(),
                      Json(run.arguments).dump(-1, ' ', false, Json::error_handler_t::replace));
  return text;
}

std::string device_resource(const std::string& backend) {
  return backend == "cuda"   ? "nvidia.com/gpu"
         : backend == "rocm" ? "amd.com/gpu"
         : backend == "sycl" ? "gpu.intel.com/i915"
                             : "";
}

// Asks for the plan's bytes in memory and half a GiB for the server itself, and may take what the plan may take: vLLM
// needs gigabytes while it starts, and pages of mapped weights count as well.
Json resources(const DeployTarget& target) {
  const auto mebibytes = [](std::uint64_t bytes) { return fmt::format("{}Mi", (bytes + kMiB - 1) / kMiB); };
  const std::uint64_t least = target.ram_bytes() + kGiB / 2;
  const std::string memory = mebibytes(least);
  Json limits = Json::object();
  for (const auto& pool : target.plan->pools)
    if (pool.pool == "ram") limits["memory"] = mebibytes(std::max(least, pool.budget_bytes));
  if (const auto device = device_resource(target.choice.backend); !device.empty())
    limits[device] = std::to_string(std::max(1, target.device_count()));
  return {{"requests", {{"cpu", std::to_string(std::max(1, target.choice.settings.threads))}, {"memory", memory}}},
          {"limits", limits}};
}

// One that may take `seconds` to pass.
Json health(const char* port, int seconds) {
  return {{"httpGet", {{"path", "/health"}, {"port", port}}},
          {"periodSeconds", 5},
          {"failureThreshold", std::max(1, seconds / 5)}};
}

// "$(NAME)" stands for a variable there; "$$" is one "$". Source: Kubernetes API, Container.args.
std::vector<std::string> kubernetes_words(std::vector<std::string> words) {
  for (auto& word : words)
    for (std::size_t at = word.find("$("); at != std::string::npos; at = word.find("$(", at + 3)) word.insert(at, "$");
  return words;
}

Json container(const DeployTarget& target, const ContainerRun& run, const char* name) {
  Json environment = Json::array();
  for (const auto& [key, value] : run.environment) environment.push_back({{"name", key}, {"value", value}});
  Json out{{"name", name},
           {"image", run.image},
           {"imagePullPolicy", target.offline ? "Never" : "IfNotPresent"},
           {"command", Json::array({run.program})},
           {"args", kubernetes_words(run.arguments)}};
  if (!environment.empty()) out["env"] = environment;
  out["ports"] = Json::array({Json{{"name", "http1"}, {"containerPort", target.port}, {"protocol", "TCP"}}});
  out["startupProbe"] = health("http1", 1200);
  out["readinessProbe"] = health("http1", 15);
  out["resources"] = resources(target);
  out["securityContext"] = {{"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", Json::array({"ALL"})}}}};
  out["volumeMounts"] = Json::array({Json{{"name", "models"}, {"mountPath", "/models"}, {"readOnly", true}}});
  if (target.device_count() > 1) out["volumeMounts"].push_back({{"name", "shm"}, {"mountPath", "/dev/shm"}});
  return out;
}

Json volumes(const DeployTarget& target, const ContainerRun& run) {
  Json out =
      Json::array({Json{{"name", "models"}, {"hostPath", {{"path", run.host_folder}, {"type", "DirectoryOrCreate"}}}}});
  // Several GPUs of one server talk through shared memory; the default of 64 MiB is too little.
  if (target.device_count() > 1)
    out.push_back({{"name", "shm"}, {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", "2Gi"}}}});
  return out;
}

std::string node_note(const DeployTarget& target, const ContainerRun& run, const char* leaf) {
  const std::string where =
      target.weights.local ? fmt::format("On the node, {} holds the weights, mounted at /models. ", run.host_folder)
                           : "";
  return fmt::format("{}kubectl apply -f {}", where, target.file(leaf));
}

std::string kubernetes_text(const DeployTarget& target, const ContainerRun& run) {
  const std::string name = "hearth-" + dns_label(target.choice.task).substr(0, 50);
  const Json labels{{"app.kubernetes.io/name", name}, {"app.kubernetes.io/managed-by", "hearth"}};
  const Json selector{{"app.kubernetes.io/name", name}};
  const Json pod{{"automountServiceAccountToken", false},
                 {"containers", Json::array({container(target, run, "server")})},
                 {"volumes", volumes(target, run)}};
  const Json deployment{{"apiVersion", "apps/v1"},
                        {"kind", "Deployment"},
                        {"metadata", {{"name", name}, {"labels", labels}}},
                        {"spec",
                         {{"replicas", 1},
                          {"strategy", {{"type", "Recreate"}}},  // two of them would not fit
                          {"selector", {{"matchLabels", selector}}},
                          {"template", {{"metadata", {{"labels", labels}}}, {"spec", pod}}}}}};
  const Json service{{"apiVersion", "v1"},
                     {"kind", "Service"},
                     {"metadata", {{"name", name}, {"labels", labels}}},
                     {"spec",
                      {{"type", "ClusterIP"},
                       {"selector", selector},
                       {"ports", Json::array({Json{{"name", "http"}, {"port", 80}, {"targetPort", "http1"}}})}}}};
  auto notes = opening_notes(target);
  notes.push_back(node_note(target, run, "kubernetes.yaml"));
  notes.push_back(fmt::format("Reachable inside the cluster only; from here: kubectl port-forward service/{} {}:80",
                              name, target.port));
  return comment_lines(notes, "#") + yaml_text(deployment) + "---\n" + yaml_text(service);
}

std::string kserve_text(const DeployTarget& target, const ContainerRun& run) {
  const std::string name = "hearth-" + dns_label(target.choice.task).substr(0, 50);
  const Json predictor{{"minReplicas", 1},
                       {"maxReplicas", 1},
                       {"containers", Json::array({container(target, run, "kserve-container")})},
                       {"volumes", volumes(target, run)}};
  const Json service{
      {"apiVersion", "serving.kserve.io/v1beta1"},
      {"kind", "InferenceService"},
      {"metadata", {{"name", name}, {"annotations", {{"serving.kserve.io/deploymentMode", "Standard"}}}}},
      {"spec", {{"predictor", predictor}}}};
  auto notes = opening_notes(target);
  notes.push_back(node_note(target, run, "kserve.yaml"));
  return comment_lines(notes, "#") + yaml_text(service);
}

}  // namespace

ConfigFiles container_files(const DeployTarget& target) {
  if (target.os() != "linux" || (!llama_server_serves(target) && !vllm_serves(target))) return {};
  const ContainerRun run = container_run(target);
  return {{"container", target.file("Containerfile"), containerfile(target, run), false},
          {"kubernetes", target.file("kubernetes.yaml"), kubernetes_text(target, run), false},
          {"kserve", target.file("kserve.yaml"), kserve_text(target, run), false}};
}

}  // namespace hearth
