// A simulated machine's /proc and /sys in a folder, for the sampler that reads real ones.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "hearth/result.h"
#include "sim/device_plant.h"

namespace hearth {

// Writes into `root`, which the caller makes and removes. Externally synchronised.
class PlantTree {
 public:
  explicit PlantTree(std::filesystem::path root) : root_(std::move(root)) {}

  // Brings the files to the plant's state; those whose content is the same are left alone. kIo, PermissionDenied.
  Status write(const DevicePlant& plant);
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  Status put(const std::string& path, std::string content);

  std::filesystem::path root_;
  std::map<std::string, std::string> written_;
};

}  // namespace hearth
