// Every runtime Hearth knows of: its record in the catalogue, and what its plugin says on this machine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "domain/runtime_info.h"
#include "hearth/result.h"
#include "plugin_host/registry.h"

namespace hearth {

struct KnownRuntime {
  std::string name;
  std::string title;     // as its makers write it
  bool present = false;  // its plugin is installed and opens
  RuntimeInfo info;      // empty when not present
  RuntimeScore score;    // score 0 with reason and hint when not present
};

// Plugins found on this machine and records in `data_folder`/runtimes, sorted by score, then name. A plugin without a
// record is listed too; a record that can't be read is skipped (the lint refuses such records).
[[nodiscard]] std::vector<KnownRuntime> known_runtimes(RuntimeRegistry& registry,
                                                       const std::filesystem::path& data_folder);

}  // namespace hearth
