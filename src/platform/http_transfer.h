// One HTTP exchange for a part of a file: no redirects, no second attempts. Used by http_range.cpp alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "platform/http_range.h"

namespace hearth {

struct HttpByteRange {
  std::uint64_t first = 0, last = 0;   // both included
  std::optional<std::uint64_t> total;  // absent where the server doesn't know
};

struct HttpAnswer {
  long status = 0;
  std::string location;  // absolute; of redirects
  std::string entity_tag;
  std::string content_encoding;
  std::optional<HttpByteRange> range;
  std::optional<std::uint64_t> content_length;
  std::chrono::seconds retry_after{0};
  std::vector<std::byte> body;  // of a 206, and of a 200 that is a whole file no longer than what was asked for
  std::optional<Error> broken;  // the connection broke before all was there: worth another attempt
};

struct HttpAddress {
  std::string scheme, host;  // lower case; a numeric IPv6 host without its brackets
  std::uint16_t port = 0;
};

// InvalidArgument for anything but a full http or https address.
[[nodiscard]] Result<HttpAddress> parse_http_address(const std::string& url);

// `to`, where a redirect from `from` may be followed to it: Unsupported from https to plain http, and for no address.
[[nodiscard]] Result<std::string> redirect_target(const std::string& from, const std::string& to);

// Keeps its connection between exchanges. Externally synchronised.
class HttpTransfer {
 public:
  static Result<std::unique_ptr<HttpTransfer>> create(const HttpRangeOptions& options);
  virtual ~HttpTransfer() = default;

  // GET with a range. Errors that another attempt would meet again; an answer of any status is none.
  virtual Result<HttpAnswer> get(const std::string& url, std::uint64_t first, std::uint64_t last) = 0;
  [[nodiscard]] virtual std::uint64_t received_bytes() const = 0;  // of all bodies so far
};

}  // namespace hearth
