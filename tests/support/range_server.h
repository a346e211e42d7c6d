// A web server on the loopback interface that serves parts of files, and misbehaves where a page says so.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace hearth::test {

struct Page {
  std::string body = {};
  std::string entity_tag = "\"one\"";
  std::string next_entity_tag = {};  // from the second request on; empty: the same
  int status = 0;                    // answers with this one and no body; 0: 206, or 416 past the end
  std::string location = {};         // answers 302 to there
  bool knows_ranges = true;          // else 200 with the whole body
  int unavailable_first = 0;         // so many requests get 503
  int reset_first = 0;               // after these, so many are cut off without an answer
  std::size_t bytes_max = SIZE_MAX;  // of a body; then the connection is closed
  std::size_t shift = 0;             // answers with a part that begins so many bytes later
  std::size_t claimed_size = 0;      // of the whole file; 0: the body's
  bool stalls = false;               // sends the head and nothing else
  std::string more_head = {};        // header lines, each with its line end
};

// Listens from construction to destruction, on a thread of its own. Thread-safe.
class RangeServer {
 public:
  RangeServer();
  ~RangeServer();
  RangeServer(const RangeServer&) = delete;
  RangeServer& operator=(const RangeServer&) = delete;

  void put(const std::string& path, Page page);  // "/folder/file"; a query is no part of it
  [[nodiscard]] std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
  [[nodiscard]] int n_connections() const { return n_connections_; }
  [[nodiscard]] int n_requests() const { return n_requests_; }
  [[nodiscard]] std::uint64_t sent_bytes() const { return sent_bytes_; }  // of bodies

 private:
  void serve();
  bool answer(int connection, const std::string& request);

  int listener_ = -1;
  int port_ = 0;
  std::mutex pages_lock_;
  std::map<std::string, Page> pages_;
  std::map<std::string, int> asked_;
  std::atomic<bool> stop_{false};
  std::atomic<int> n_connections_{0}, n_requests_{0};
  std::atomic<std::uint64_t> sent_bytes_{0};
  std::thread thread_;  // last: it uses the rest
};

}  // namespace hearth::test
