#include "platform/detached_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "platform/os_error.h"
#include "platform/spawn_state.h"

namespace hearth {
Result<int> start_detached(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           const std::filesystem::path& log_file) {
  SpawnState state;
  posix_spawn_file_actions_addopen(&state.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&state.actions, STDOUT_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&state.actions, STDOUT_FILENO, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&state.attributes, &none);
  posix_spawnattr_setsigdefault(&state.attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  flags = static_cast<short>(flags | POSIX_SPAWN_SETSID);
  posix_spawnattr_setflags(&state.attributes, flags);

  return state.start(program, arguments);
}

Status ask_to_end(int pid) {
  if (pid > 0 && ::kill(pid, SIGTERM) == 0) return {};
  if (pid <= 0 || errno == ESRCH)
    return fail(ErrorCode::kNotFound, "there is no process " + std::to_string(pid) + " any more");
  return fail(os_error("end", "process " + std::to_string(pid), errno));
}

}  // namespace hearth
