// What is known of a request when it is over: for logs, metrics and traces.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace hearth::serve {

struct RequestRecord {
  std::string method;
  std::string path;     // decoded, without the query; never a body or a key
  std::string pattern;  // the route's; empty where none was found
  std::string key;      // the key's name
  std::string id;
  std::string trace_id;
  std::string span_id;
  std::string parent_span_id;  // empty where the trace began here
  std::string remote;
  unsigned status = 0;  // 499: the client went before the answer was complete
  bool sampled = true;
  bool streamed = false;
  std::uint64_t received_bytes = 0;  // of the body
  std::uint64_t sent_bytes = 0;      // headers too
  std::chrono::system_clock::time_point began;
  std::chrono::steady_clock::time_point began_steady;
  double seconds = 0;
};

// Called on the server's threads, once a request; must be quick and thread-safe.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void on_request(const RequestRecord& record) = 0;
};

}  // namespace hearth::serve
