// The two attribute objects of posix_spawn and the call itself, for what starts programs. Internal to platform.
#pragma once

#include <spawn.h>

#include <filesystem>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct SpawnState {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnState();
  ~SpawnState();
  SpawnState(const SpawnState&) = delete;
  SpawnState& operator=(const SpawnState&) = delete;

  // Starts the program with the environment of this process; its process id. Errors of the system: see os_error.h.
  [[nodiscard]] Result<int> start(const std::filesystem::path& program, std::vector<std::string> arguments) const;
};

}  // namespace hearth
