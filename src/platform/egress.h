// The one way out. Every connection of the program, to another machine or to a service of this one, is made here, so
// that "offline" is a rule in one place and not a habit in many.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// Finds the numeric addresses ("192.0.2.7", "2001:db8::1") of a name. Thread-safe.
class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // At least one address. NotFound: no such name; Unavailable: the lookup itself failed.
  virtual Result<std::vector<std::string>> resolve(const std::string& host) = 0;
};

// The operating system's.
class SystemResolver final : public NameResolver {
 public:
  Result<std::vector<std::string>> resolve(const std::string& host) override;
};

// What was tried since the start, for metrics and for proofs of silence. Atomic.
struct EgressCounts {
  std::atomic<std::uint64_t> n_attempts{0};  // all, the denied ones too
  std::atomic<std::uint64_t> n_denied{0};
  std::atomic<std::uint64_t> n_lookups{0};  // names handed to the resolver
};

// Borrowed by a call for its duration; immutable while shared.
struct EgressPolicy {
  bool airgap = false;                                // only loopback addresses, "localhost" and Unix sockets
  std::chrono::milliseconds connect_timeout{10'000};  // over all addresses of a name
  NameResolver* resolver = nullptr;                   // null: the operating system's
  EgressCounts* counts = nullptr;                     // may be null
};

// True for 127.0.0.0/8, ::1 and IPv4-mapped 127.0.0.0/8 in numeric form, and for the name "localhost", which is never
// looked up (Source: RFC 6761, section 6.3). Other spellings of loopback ("127.1", "0x7f000001") are names.
[[nodiscard]] bool is_loopback(std::string_view host);

// A connected TCP socket, non-blocking and closed on exec. The rule is applied before any name is looked up: a denied
// host causes no packet at all. Forbidden: the rule says no; InvalidArgument: no host or port 0; NotFound: no such
// name; Unavailable: nobody answers; DeadlineExceeded: not within the time.
Result<FileDescriptor> connect_to(const std::string& host, std::uint16_t port, const EgressPolicy& policy);

// A connected stream socket of this machine's file system; never denied. InvalidArgument: the path is too long.
Result<FileDescriptor> connect_to_unix_socket(const std::filesystem::path& path, const EgressPolicy& policy);

}  // namespace hearth
