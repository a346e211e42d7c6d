#include "app/server_control.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "platform/detached_process.h"
#include "platform/executable_path.h"
#include "platform/file.h"
#include "platform/process.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kLogBytesMax = 64U << 20U;
constexpr std::uint64_t kPlanBytesMax = 64U << 20U;
constexpr milliseconds kLook{50};

// The error that the server printed before it ended, as commands print errors with --json.
Error reported_error(const std::string& log, int pid) {
  for (std::size_t end = log.size(); end > 0;) {
    const std::size_t begin = log.rfind('\n', end - 1);
    const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
    const auto line = nlohmann::json::parse(log.substr(first, end - first), nullptr, false);
    if (line.is_object() && line.contains("error") && line["error"].is_object()) {
      const auto& error = line["error"];
      const std::string name = error.value("code", "");
      for (const auto& row : error_code_table()) {
        if (row.name == name) return {row.code, error.value("message", ""), error.value("hint", "")};
      }
    }
    end = begin == std::string::npos ? 0 : begin;
  }
  return {ErrorCode::kUnavailable, fmt::format("the server (process {}) ended before it answered", pid),
          "its log says more"};
}

}  // namespace

Result<RunningServer> require_server(const std::filesystem::path& home) {
  HEARTH_ASSIGN(server, running_server(home));
  if (server) return std::move(*server);
  return fail(ErrorCode::kUnavailable, "no server of this home runs", "start one with `hearth up` or `hearth serve`");
}

Result<RunningServer> start_server_detached(const std::filesystem::path& home,
                                            const std::vector<std::string>& arguments) {
  HEARTH_ASSIGN(running, running_server(home));
  if (running)
    return fail(ErrorCode::kUnavailable,
                fmt::format("a server of this home runs already: process {} at {}", running->pid, running->url),
                "`hearth down` stops it");
  HEARTH_ASSIGN(program, executable_path());
  const auto log_file = server_log(home);
  (void)remove_path(log_file);  // the last server's
  std::vector<std::string> all = arguments;
  if (std::find(all.begin(), all.end(), "--json") == all.end()) all.emplace_back("--json");
  HEARTH_ASSIGN(pid, start_detached(program, all, log_file));
  while (true) {
    HEARTH_ASSIGN(server, running_server(home));
    if (server && server->pid == pid) return std::move(*server);
    if (wait_for_exit(pid, kLook)) {
      const auto log = read_file(log_file, kLogBytesMax);
      return fail(reported_error(log ? *log : std::string(), pid));
    }
  }
}

Result<RunningServer> stop_server(const std::filesystem::path& home, milliseconds patience) {
  HEARTH_ASSIGN(server, require_server(home));
  HEARTH_TRY(ask_to_end(server.pid));
  const auto until = steady_clock::now() + patience;
  while (steady_clock::now() < until) {
    HEARTH_ASSIGN(still, running_server(home));
    if (!still) return server;
    std::this_thread::sleep_for(kLook);
  }
  return fail(ErrorCode::kDeadlineExceeded,
              fmt::format("process {} still answers requests after {} ms", server.pid, patience.count()),
              "wait, or send it SIGKILL");
}

Result<std::string> plan_text(const std::filesystem::path& file) { return read_file(file, kPlanBytesMax); }

}  // namespace hearth
