// Runs a program as a user would and keeps what it printed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hearth::test {

struct ProgramRun {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;       // "NAME=value" beside this process's own; a name without '=' is unset
  std::string input;                          // on standard input
  std::chrono::milliseconds timeout{60'000};  // then SIGKILL
  // Signal to send once the output holds `signal_after` (an empty text: at once); 0 sends none.
  int signal = 0;
  std::string signal_after;
  bool as_nobody = false;  // give up root's rights first (where this process has them)
  bool terminal = false;   // give it a pseudo-terminal instead of pipes; all output is in `out`
};

struct ProgramResult {
  int exit_status = -1;  // 128 + n when killed by signal n
  bool timed_out = false;
  std::string out;
  std::string err;
};

// Throws std::runtime_error when the program can't be started at all.
ProgramResult run_program(const ProgramRun& run);

// A folder of its own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Writes a file in it and returns its path.
  std::filesystem::path file(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace hearth::test
