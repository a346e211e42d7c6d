#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "platform/os_error.h"
#include "platform/process.h"
#include "platform/spawn_state.h"

namespace hearth {
namespace {

struct SignalName {
  int number;
  const char* name;
};

constexpr SignalName kSignals[] = {
    {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},
    {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"}, {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"},
    {SIGSYS, "SIGSYS"},   {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
};

}  // namespace

std::string describe(const ExitStatus& status) {
  if (!status.signalled) return "exited with status " + std::to_string(status.value);
  const auto* row = std::ranges::find(kSignals, status.value, &SignalName::number);
  return "was killed by " +
         (row == std::end(kSignals) ? "signal " + std::to_string(status.value) : std::string(row->name));
}

Result<int> spawn_process(const SpawnOptions& options) {
  SpawnState state;
  posix_spawn_file_actions_addopen(&state.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (const auto& [from, as] : options.descriptors) posix_spawn_file_actions_adddup2(&state.actions, from, as);
  // Blocked from its first instruction on: a Ctrl-C in the first millisecond must not end the child either.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGTERM);
  posix_spawnattr_setsigmask(&state.attributes, &blocked);
  posix_spawnattr_setflags(&state.attributes, POSIX_SPAWN_SETSIGMASK);

  return state.start(options.program, options.arguments);
}

std::optional<ExitStatus> wait_for_exit(int pid, std::chrono::milliseconds timeout) {
  const auto give_up_at = std::chrono::steady_clock::now() + timeout;
  auto pause = std::chrono::microseconds(100);
  for (;;) {
    int status = 0;
    const pid_t got = ::waitpid(pid, &status, WNOHANG);
    if (got == pid && WIFSIGNALED(status)) return ExitStatus{true, WTERMSIG(status)};
    if (got == pid && WIFEXITED(status)) return ExitStatus{false, WEXITSTATUS(status)};
    // Somebody who ignores SIGCHLD or waits for any child took the status away: the process is gone all the same.
    if (got < 0 && errno == ECHILD) return ExitStatus{false, -1};
    if (std::chrono::steady_clock::now() >= give_up_at) return std::nullopt;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20'000));
  }
}

void kill_process(int pid) { ::kill(pid, SIGKILL); }
bool process_is_alive(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }
int own_process_id() { return static_cast<int>(::getpid()); }
int parent_process_id() { return static_cast<int>(::getppid()); }

void answer_no_interrupts() {
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void exit_now(int status) { ::_exit(status); }

}  // namespace hearth
