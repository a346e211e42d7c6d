#include "plugin_host/registry.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "platform/file.h"
#include "plugin_host/plugin_library.h"
#include "plugin_host/worker_client.h"
#include "plugin_host/worker_only.h"

namespace hearth {
namespace {

constexpr std::string_view kPrefix = "libhearth_runtime_";
constexpr std::string_view kSuffix = ".so";

// "llama" of "libhearth_runtime_llama.so" and of "libhearth_runtime_llama.worker.so"; absent for any other file.
std::optional<std::string> runtime_name(std::string_view file) {
  const auto suffix = file.ends_with(kWorkerOnlySuffix) ? kWorkerOnlySuffix : kSuffix;
  if (!file.starts_with(kPrefix) || !file.ends_with(suffix) || file.size() <= kPrefix.size() + suffix.size())
    return std::nullopt;
  return std::string(file.substr(kPrefix.size(), file.size() - kPrefix.size() - suffix.size()));
}

}  // namespace

struct RuntimeRegistry::State {
  RegistryOptions options;
  std::mutex mutex;  // of `in_process`; held while a library opens, so that none opens twice
  std::map<std::string, std::shared_ptr<Runtime>> in_process;

  // Read anew each time: a plugin that was installed meanwhile is found. A folder that can't be read has none.
  [[nodiscard]] std::map<std::string, std::filesystem::path> plugins() const {
    std::map<std::string, std::filesystem::path> found;
    for (const auto& folder : options.plugin_folders) {
      const auto files = list_folder(folder);
      if (!files) continue;
      for (const auto& file : *files)
        if (auto name = runtime_name(file)) found.emplace(std::move(*name), folder / file);
    }
    return found;
  }

  Result<std::filesystem::path> find(const std::string& name) const {
    const auto found = plugins();
    if (const auto it = found.find(name); it != found.end()) return it->second;
    std::string present;
    for (const auto& [known, path] : found) present += (present.empty() ? "" : ", ") + known;
    return fail(
        ErrorCode::kNotFound, "there is no runtime '" + name + "' here",
        present.empty() ? "no runtime plugin is installed; install hearth again" : "those here are: " + present);
  }
};

RuntimeRegistry::RuntimeRegistry(RegistryOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}

RuntimeRegistry::~RuntimeRegistry() = default;

std::vector<std::string> RuntimeRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, path] : state_->plugins()) names.push_back(name);
  return names;
}

Result<std::filesystem::path> RuntimeRegistry::library(const std::string& name) const { return state_->find(name); }

Result<std::shared_ptr<Runtime>> RuntimeRegistry::open(const std::string& name, Transport transport) {
  HEARTH_ASSIGN(path, state_->find(name));
  if (transport == Transport::kWorker || is_worker_only(path)) {
    WorkerOptions options;
    options.program = state_->options.worker_program;
    options.plugin = path;
    options.logger = state_->options.logger;
    HEARTH_ASSIGN(client, WorkerClient::start(options));
    return std::make_shared<Runtime>(std::move(client));
  }
  const std::lock_guard lock(state_->mutex);
  if (const auto it = state_->in_process.find(name); it != state_->in_process.end()) return it->second;
  HEARTH_ASSIGN(library, PluginLibrary::open(path, std::make_unique<InProcessServices>(state_->options.logger)));
  auto runtime = std::make_shared<Runtime>(std::move(library));
  state_->in_process.emplace(name, runtime);
  return runtime;
}

}  // namespace hearth
