// Hands a document to a web service: HTTP POST.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/result.h"
#include "platform/egress.h"

namespace hearth {

struct HttpPostOptions {
  EgressPolicy egress;                        // its parts outlive the poster
  std::chrono::milliseconds timeout{10'000};  // of one exchange in all
  std::size_t answer_bytes_max = 64U << 10U;  // more of an answer is thrown away
};

struct HttpPostRequest {
  std::string url;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string_view body{};  // borrowed for the call
};

struct HttpPostAnswer {
  long status = 0;
  std::string body;  // as much as was kept
};

// Keeps its connection between exchanges; follows no redirect, tries nothing twice. Proxies and certificates as in
// http_range.h. Externally synchronised.
class HttpPoster {
 public:
  static Result<std::unique_ptr<HttpPoster>> create(const HttpPostOptions& options);
  virtual ~HttpPoster() = default;

  // An answer of any status is none of these errors. InvalidArgument: no address, or a header with a line break;
  // Forbidden: the egress rule; NotFound: no such host; DeadlineExceeded; Unavailable: everything else.
  virtual Result<HttpPostAnswer> post(const HttpPostRequest& request) = 0;
};

}  // namespace hearth
