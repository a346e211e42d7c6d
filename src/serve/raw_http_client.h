// A client for tests of the server: sends the bytes it is told, well-formed or not, and reads what comes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/egress.h"
#include "platform/socket_pair.h"

namespace hearth::serve {

struct RawResponse {
  unsigned status = 0;  // 0: the connection ended, or nothing came in time
  std::map<std::string, std::string> headers;
  std::string body;       // chunks joined
  bool complete = false;  // as long as its length says, or with its last chunk
};

// Nothing waits longer than ten seconds. Externally synchronised.
class RawHttpClient {
 public:
  explicit RawHttpClient(std::uint16_t port) : fd_(connect_to("127.0.0.1", port, {}).value()) {}
  explicit RawHttpClient(const std::filesystem::path& unix_socket)
      : fd_(connect_to_unix_socket(unix_socket, {}).value()) {}
  explicit RawHttpClient(FileDescriptor connected) : fd_(std::move(connected)) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

  // False when the server closed before all was sent.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto outcome = send_some(fd_.get(), std::as_bytes(std::span(text)), {});
      if (outcome.kind == IoOutcome::Kind::kWouldBlock) {
        if (!wait_ready(fd_.get(), Readiness::kWritable, kTimeoutMs)) return false;
      } else if (outcome.kind != IoOutcome::Kind::kMoved) {
        return false;
      }
      text.remove_prefix(outcome.n_bytes);
    }
    return true;
  }

  // More bytes into the buffer; false at the end of the stream or after the time.
  bool receive(int timeout_ms = kTimeoutMs) {
    char scratch[4096];
    for (;;) {
      std::vector<FileDescriptor> none;
      const auto outcome = receive_some(fd_.get(), std::as_writable_bytes(std::span(scratch)), none);
      if (outcome.kind == IoOutcome::Kind::kMoved) {
        in_.append(scratch, outcome.n_bytes);
        return true;
      }
      if (outcome.kind != IoOutcome::Kind::kWouldBlock) {
        ended_ = true;
        return false;
      }
      if (!wait_ready(fd_.get(), Readiness::kReadable, timeout_ms)) return false;
    }
  }

  // Everything up to and with `mark`; empty when it does not come.
  std::string read_through(std::string_view mark, int timeout_ms = kTimeoutMs) {
    for (std::size_t from = 0;;) {
      if (const auto at = in_.find(mark, from); at != std::string::npos) return take(at + mark.size());
      from = in_.size() < mark.size() ? 0 : in_.size() - mark.size();
      if (!receive(timeout_ms)) return {};
    }
  }

  // The next answer; interim ones (100) are skipped. `head_only`: of a HEAD request.
  RawResponse read_response(bool head_only = false) {
    RawResponse response;
    do {
      response = {};
      if (!read_head(response)) return response;
    } while (response.status == 100);
    const auto length = response.headers.find("content-length");
    if (head_only || response.status == 204) {
      response.complete = true;
    } else if (response.headers.contains("transfer-encoding")) {
      read_chunks(response);
    } else if (length != response.headers.end()) {
      const std::size_t n = std::strtoull(length->second.c_str(), nullptr, 10);
      while (in_.size() < n && receive()) {
      }
      response.complete = in_.size() >= n;
      response.body = take(std::min(n, in_.size()));
    } else {
      while (receive()) {
      }
      response.complete = ended_;
      response.body = take(in_.size());
    }
    return response;
  }

  // True when the server closes before the time; what came before is thrown away.
  bool closes_within(std::chrono::milliseconds timeout) {
    while (receive(static_cast<int>(timeout.count()))) in_.clear();
    return ended_;
  }

  RawResponse ask(std::string_view request) {
    if (!send(request)) return {};
    return read_response();
  }

 private:
  static constexpr int kTimeoutMs = 10'000;

  std::string take(std::size_t n) {
    std::string out = in_.substr(0, n);
    in_.erase(0, n);
    return out;
  }

  bool read_head(RawResponse& response) {
    std::string head = read_through("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 ")) return false;
    response.status = static_cast<unsigned>(std::strtoul(head.c_str() + 9, nullptr, 10));
    std::size_t at = head.find("\r\n") + 2;
    while (at + 2 < head.size()) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(": ", at);
      if (colon < end) response.headers[head.substr(at, colon - at)] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return true;
  }

  void read_chunks(RawResponse& response) {
    for (;;) {
      const std::string size = read_through("\r\n");
      if (size.empty()) return;
      const std::size_t n = std::strtoull(size.c_str(), nullptr, 16);
      while (in_.size() < n + 2)
        if (!receive()) return;
      response.body += take(n);
      if (take(2) != "\r\n") return;
      if (n == 0) {
        response.complete = true;
        return;
      }
    }
  }

  FileDescriptor fd_;
  std::string in_;
  bool ended_ = false;
};

// A request with what HTTP/1.1 wants; `extra` is header lines, each with its end.
inline std::string http_request(std::string_view method, std::string_view target, std::string_view body = {},
                                std::string_view extra = {}) {
  std::string out =
      std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(extra);
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + std::string(body);
}

}  // namespace hearth::serve
