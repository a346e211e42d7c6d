// One machine's profile: read, recognised, measured. What `hearth probe` prints and `--device probe` plans for.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "catalog/catalog.h"
#include "domain/hardware_profile.h"
#include "hearth/result.h"

namespace hearth {

struct ProbeRequest {
  std::filesystem::path sysroot = "/";  // another folder: a recorded tree, which is read and not measured
  bool quick = false;                   // measure nothing; remembered measurements are used
  bool fresh = false;                   // measure although measurements are remembered
  std::filesystem::path home;           // HEARTH_HOME: measurements are remembered and the disk measured there
  std::filesystem::path data_folder;    // of the catalogue's records; unused when `catalog` is given
  const Catalog* catalog = nullptr;     // borrowed for the call
};

// NotFound: no such sysroot. InvalidArgument: flags that contradict each other. InvalidData: the tree describes no
// machine. Takes milliseconds, and up to 8 s when it measures: once for each machine, kernel and version of Hearth.
Result<HardwareProfile> probe_machine(const ProbeRequest& request);

// The profile as `hearth probe --json` prints it.
[[nodiscard]] nlohmann::ordered_json probe_document(const HardwareProfile& profile);

}  // namespace hearth
