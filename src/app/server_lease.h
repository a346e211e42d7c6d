// One server per home: who holds it, and where the others find it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "hearth/result.h"
#include "platform/file_lock.h"

namespace hearth {

struct RunningServer {
  int pid = 0;
  std::string url;          // of TCP; empty: none
  std::string unix_socket;  // for other processes of this user
  std::string started;      // UTC
};

// Held by the server for as long as it lives; ends with the process, however that ends.
class ServerLease {
 public:
  // kUnavailable when another server holds it, with its process and address.
  static Result<ServerLease> take(const std::filesystem::path& home);
  ~ServerLease();
  ServerLease(ServerLease&&) noexcept;
  ServerLease& operator=(ServerLease&&) = delete;
  ServerLease(const ServerLease&) = delete;
  ServerLease& operator=(const ServerLease&) = delete;

  // Tells the others where the server answers; it is taken back at the end.
  [[nodiscard]] Status publish(const RunningServer& server) const;

 private:
  ServerLease(std::filesystem::path home, FileLock lock) : home_(std::move(home)), lock_(std::move(lock)) {}
  std::filesystem::path home_;
  std::optional<FileLock> lock_;  // absent: moved from
};

// The server of this home. Nothing when there is none; what a dead one left behind does not count.
[[nodiscard]] Result<std::optional<RunningServer>> running_server(const std::filesystem::path& home);

// Where the server of a home listens for commands of the same user.
[[nodiscard]] std::filesystem::path server_socket(const std::filesystem::path& home);
[[nodiscard]] std::filesystem::path server_log(const std::filesystem::path& home);

}  // namespace hearth
