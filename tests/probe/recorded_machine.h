// A machine's /proc and /sys out of tests/probe/machines, unpacked into a folder that goes with the object.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "app/machine_probe.h"
#include "support/program.h"

namespace hearth::test {

// Changes a file's content before it is written.
using Distort = std::function<std::string(const std::string& path, const std::string& content)>;

class RecordedMachine {
 public:
  explicit RecordedMachine(const std::string& name, const Distort& distort = nullptr);
  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "root"; }
  // Probes it as `hearth probe --sysroot` does.
  [[nodiscard]] Result<HardwareProfile> probe() const;

 private:
  void unpack(const std::string& path, const std::string& content) const;
  TemporaryFolder folder_;
  Distort distort_;
};

// The names of all recorded machines.
[[nodiscard]] std::vector<std::string> recorded_machines();

// The catalogue's devices, loaded once.
[[nodiscard]] const Catalog& device_catalog();

}  // namespace hearth::test
