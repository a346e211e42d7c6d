#include "app/server_lease.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kStateBytesMax = 64U << 10U;

std::filesystem::path lock_file(const std::filesystem::path& home) { return home / "server.lock"; }
std::filesystem::path state_file(const std::filesystem::path& home) { return home / "server.json"; }

std::optional<RunningServer> read_state(const std::filesystem::path& home) {
  const auto text = read_file(state_file(home), kStateBytesMax);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  RunningServer server;
  server.pid = json.value("pid", 0);
  server.url = json.value("url", "");
  server.unix_socket = json.value("unix_socket", "");
  server.started = json.value("started", "");
  return server;
}

}  // namespace

Result<ServerLease> ServerLease::take(const std::filesystem::path& home) {
  HEARTH_ASSIGN(lock, FileLock::try_acquire(lock_file(home)));
  if (lock) return ServerLease(home, std::move(*lock));
  const auto other = read_state(home);
  const std::string who = other ? fmt::format("process {}{}", other->pid, other->url.empty() ? "" : " at " + other->url)
                                : std::string("another process");
  return fail(ErrorCode::kUnavailable, fmt::format("a server of this home runs already: {}", who),
              "`hearth status` shows it, `hearth down` stops it; another HEARTH_HOME can have its own");
}

ServerLease::ServerLease(ServerLease&& other) noexcept
    : home_(std::move(other.home_)), lock_(std::exchange(other.lock_, std::nullopt)) {}

ServerLease::~ServerLease() {
  if (lock_) (void)remove_path(state_file(home_));
}

Status ServerLease::publish(const RunningServer& server) const {
  const nlohmann::json json = {
      {"pid", server.pid}, {"url", server.url}, {"unix_socket", server.unix_socket}, {"started", server.started}};
  return write_file_atomic(state_file(home_), json.dump(2) + "\n");
}

Result<std::optional<RunningServer>> running_server(const std::filesystem::path& home) {
  auto lock = FileLock::try_acquire(lock_file(home));
  if (!lock && lock.error().code == ErrorCode::kNotFound) return std::optional<RunningServer>();
  if (!lock) return fail(std::move(lock).error());
  if (*lock) return std::optional<RunningServer>();  // nobody holds it
  auto state = read_state(home);
  return state ? state : std::optional(RunningServer{});  // it starts just now
}

std::filesystem::path server_socket(const std::filesystem::path& home) { return home / "server.sock"; }
std::filesystem::path server_log(const std::filesystem::path& home) { return home / "server.log"; }

}  // namespace hearth
