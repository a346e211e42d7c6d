// Finds, checks and opens runtime plugins.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "hearth/result.h"
#include "plugin_host/runtime.h"

namespace hearth {

enum class Transport { kInProcess, kWorker };

struct RegistryOptions {
  std::vector<std::filesystem::path> plugin_folders;  // searched in order; the first plugin of a name wins
  std::filesystem::path worker_program;               // hearth-worker
  Logger* logger = nullptr;                           // borrowed, outlives the registry; may be null
};

// The plugins of a machine. Libraries are opened on first use. Internally locked.
class RuntimeRegistry {
 public:
  explicit RuntimeRegistry(RegistryOptions options);
  ~RuntimeRegistry();

  // Names of the plugin files found (libhearth_runtime_<name>.so), sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  // The library of a plugin. kNotFound tells which there are.
  [[nodiscard]] Result<std::filesystem::path> library(const std::string& name) const;
  // kNotFound: no such plugin; kInvalidData: the library is not a plugin or of another ABI major;
  // kWorkerCrashed / kUnavailable: the worker did not come up. In-process plugins stay open for good;
  // each call for a worker starts a new one, which ends with the last reference to it.
  [[nodiscard]] Result<std::shared_ptr<Runtime>> open(const std::string& name, Transport transport);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth
