// Who asked: W3C trace context in and out, and identifiers for requests.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::serve {

struct TraceContext {
  std::string trace_id;   // 32 hexadecimal digits, lower case
  std::string parent_id;  // 16, of the caller's span; empty where the trace begins here
  bool sampled = true;
};

// Nothing for a header that is not as W3C Trace Context, level 1, section 3.2 wants it. Later versions are read as far
// as they agree.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);
// "00-<trace>-<span>-01".
[[nodiscard]] std::string format_traceparent(const TraceContext& trace, std::string_view span_id);

// Identifiers that no two calls share and nobody can tell from random. Lock-free.
class IdSource {
 public:
  IdSource();                              // seeded by the operating system
  [[nodiscard]] std::string trace_id();    // 32 hexadecimal digits
  [[nodiscard]] std::string span_id();     // 16
  [[nodiscard]] std::string request_id();  // "req_" and 24

 private:
  [[nodiscard]] std::uint64_t next();
  std::uint64_t seed_;
  std::atomic<std::uint64_t> counter_{0};
};

}  // namespace hearth::serve
