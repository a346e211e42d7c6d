#include <sys/types.h>

#include "platform/os_error.h"
#include "platform/spawn_state.h"

extern char** environ;

namespace hearth {

SpawnState::SpawnState() {
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
}

SpawnState::~SpawnState() {
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
}

Result<int> SpawnState::start(const std::filesystem::path& program, std::vector<std::string> arguments) const {
  const std::string name = program.string();
  arguments.insert(arguments.begin(), name);
  std::vector<char*> argv;
  for (auto& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, name.c_str(), &actions, &attributes, argv.data(), environ);
  if (error != 0) return fail(os_error("start", name, error));
  return static_cast<int>(pid);
}

}  // namespace hearth
