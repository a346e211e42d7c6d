// A program that is watched for going out to a network: its sockets are looked at by the kernel before they connect.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "hearth/result.h"
#include "platform/file.h"
#include "platform/process.h"

namespace hearth {

// An attempt to reach what is not this machine. It was refused.
struct WatchedCall {
  std::string call;     // "connect", "sendto", "sendmsg", "sendmmsg", "socket"
  std::string to;       // "192.0.2.7:443"; "address family 17"
  std::string process;  // its name
  int pid = 0;
};

struct WatchOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments{};    // without the program's name
  std::vector<std::string> environment{};  // "NAME=value", over those of this process
  std::filesystem::path output, errors;    // files that take what it prints
};

// What a socket's address is to a proof of silence. `bytes` is a sockaddr as the kernel takes it; empty for none.
struct SocketTarget {
  bool allowed = false;  // Unix, netlink (which never leaves the machine), loopback but for name servers' ports
  std::string name;
};
[[nodiscard]] SocketTarget judge_socket_address(std::string_view bytes);

// The program, and all that it starts, run in a network namespace of their own with a loopback and nothing else (where
// the system lets us make one), under a seccomp filter that hands every socket(), connect(), sendto(), sendmsg() and
// sendmmsg() to this process; io_uring is switched off. A look-up of a name shows as the call to the name server, on
// loopback too. Thread-safe. kUnsupported: this system has no such filters, with the reason.
// Source: seccomp(2) and seccomp_unotify(2) of the Linux man-pages.
class WatchedProcess {
 public:
  static Result<std::unique_ptr<WatchedProcess>> start(const WatchOptions& options);
  // Kills what still runs.
  ~WatchedProcess();
  WatchedProcess(const WatchedProcess&) = delete;
  WatchedProcess& operator=(const WatchedProcess&) = delete;

  // How it ended; absent when it still runs after `at_most`.
  [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds at_most);
  [[nodiscard]] int pid() const { return pid_; }
  // Whether it has a network of its own.
  [[nodiscard]] bool has_own_network() const { return own_network_; }
  [[nodiscard]] std::vector<WatchedCall> refused() const;
  [[nodiscard]] std::uint64_t n_calls() const { return n_calls_.load(); }  // looked at

 private:
  WatchedProcess(int pid, FileDescriptor listener, bool own_network);
  void watch();
  bool answer_one();

  const int pid_;
  const FileDescriptor listener_;
  const bool own_network_;
  std::atomic<std::uint64_t> n_calls_{0};
  std::atomic<bool> stopping_{false};
  std::optional<ExitStatus> exit_;
  mutable std::mutex gate_;  // of the one below
  std::vector<WatchedCall> refused_;
  std::thread watcher_;
};

}  // namespace hearth
