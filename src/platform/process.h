// Child processes: start, wait, kill; and what a child does to itself to be a good child.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct InheritedDescriptor {
  int from = -1;  // of this process
  int as = -1;    // its number in the child
};

struct SpawnOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;            // without the program's name
  std::vector<InheritedDescriptor> descriptors;  // all others are closed by close_descriptors_from()
};

// How a process ended.
struct ExitStatus {
  bool signalled = false;
  int value = 0;  // the signal's number or the exit status
  bool operator==(const ExitStatus&) const = default;
};

inline constexpr int kKillSignal = 9;  // POSIX fixes the number

// "was killed by SIGKILL", "exited with status 3".
[[nodiscard]] std::string describe(const ExitStatus& status);

// Starts a program with the environment of this process, /dev/null as standard input and SIGINT and SIGTERM blocked
// until the child says what it does with them (answer_no_interrupts). Returns its process id.
// The child must be waited for with wait_for_exit(). Note: die_with_parent() counts the calling thread as the parent.
// NotFound, PermissionDenied, Unavailable.
Result<int> spawn_process(const SpawnOptions& options);

// Waits for a child of this process and takes its status; absent when it still runs after `timeout`. Call it until it
// returns a status, once only after that.
std::optional<ExitStatus> wait_for_exit(int pid, std::chrono::milliseconds timeout);

// SIGKILL to a child that was not yet waited for.
void kill_process(int pid);

[[nodiscard]] int own_process_id();
// Whether a process of this number runs now, whoever's it is. Numbers are used again.
[[nodiscard]] bool process_is_alive(int pid);
[[nodiscard]] int parent_process_id();

// For children. Ends this process when its parent ends; false when the parent, `expected_parent`, is already gone.
[[nodiscard]] bool die_with_parent(int expected_parent);
// For children. Interrupts from the terminal and the service manager are the parent's to answer.
void answer_no_interrupts();
// For children. Closes every descriptor numbered `first` and above that was inherited by accident.
void close_descriptors_from(int first);
// Ends this process at once: no exit handlers, which in vendor libraries may hang.
[[noreturn]] void exit_now(int status);

}  // namespace hearth
