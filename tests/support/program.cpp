#include "support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace hearth::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipes {
  int in = -1;   // we write
  int out = -1;  // we read
  int err = -1;  // we read; -1 on a terminal
};

[[noreturn]] void become(const ProgramRun& run) {
  for (const auto& setting : run.environment) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      ::unsetenv(setting.c_str());
    else
      ::setenv(setting.substr(0, equals).c_str(), setting.substr(equals + 1).c_str(), 1);
  }
  constexpr unsigned kNobody = 65534;
  if (run.as_nobody && ::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(126);
  std::vector<char*> argv;
  std::string program = run.program.string();
  argv.push_back(program.data());
  for (const auto& argument : run.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

pid_t start_on_terminal(const ProgramRun& run, Pipes& pipes) {
  int master = -1;
  const pid_t pid = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (pid == 0) become(run);
  pipes.in = master;
  pipes.out = master;
  return pid;
}

pid_t start_on_pipes(const ProgramRun& run, Pipes& pipes) {
  int in[2];
  int out[2];
  int err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("no pipes left");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    become(run);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  pipes = {in[1], out[0], err[0]};
  return pid;
}

// Reads what is there; false at the end.
bool drain(int fd, std::string& to) {
  std::array<char, 65536> chunk{};
  const ssize_t n = ::read(fd, chunk.data(), chunk.size());
  if (n <= 0) return false;
  to.append(chunk.data(), static_cast<std::size_t>(n));
  return true;
}

void converse(const ProgramRun& run, pid_t pid, Pipes pipes, ProgramResult& result) {
  const auto deadline = Clock::now() + run.timeout;
  std::size_t written = 0;
  bool signalled = run.signal == 0;
  bool out_open = true;
  bool err_open = pipes.err >= 0;
  ::fcntl(pipes.in, F_SETFL, O_NONBLOCK);
  while (out_open || err_open) {
    if (Clock::now() > deadline) {
      result.timed_out = true;
      ::kill(pid, SIGKILL);
      return;
    }
    if (!signalled && (result.out + result.err).find(run.signal_after) != std::string::npos) {
      ::kill(pid, run.signal);
      signalled = true;
    }
    if (written < run.input.size()) {
      const ssize_t n = ::write(pipes.in, run.input.data() + written, run.input.size() - written);
      if (n > 0) written += static_cast<std::size_t>(n);
    } else if (!run.terminal && pipes.in >= 0) {
      ::close(pipes.in);
      pipes.in = -1;
    }
    std::array<pollfd, 2> fds = {{{out_open ? pipes.out : -1, POLLIN, 0}, {err_open ? pipes.err : -1, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), 10) <= 0) continue;
    if (fds[0].revents != 0) out_open = drain(pipes.out, result.out);
    if (fds[1].revents != 0) err_open = drain(pipes.err, result.err);
  }
}

}  // namespace

ProgramResult run_program(const ProgramRun& run) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that does not read its input is the test's matter
  Pipes pipes;
  const pid_t pid = run.terminal ? start_on_terminal(run, pipes) : start_on_pipes(run, pipes);
  if (pid < 0) throw std::runtime_error("can't fork");
  ProgramResult result;
  converse(run, pid, pipes, result);
  int status = 0;
  ::waitpid(pid, &status, 0);
  result.exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ::close(pipes.out);
  if (pipes.err >= 0) ::close(pipes.err);
  return result;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hearth-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("can't make a temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::file(const std::string& name, const std::string& content) const {
  const auto path = path_ / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace hearth::test
