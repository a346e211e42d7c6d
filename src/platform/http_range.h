// Reads parts of a file that lies on a web server, without fetching the rest: HTTP range requests (RFC 9110, section
// 14).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hearth/result.h"
#include "platform/egress.h"

namespace hearth {

struct HttpRangeOptions {
  EgressPolicy egress;  // every connection is made by connect_to() under this rule; its parts outlive the reader
  std::size_t block_bytes = 256U << 10U;   // what is asked for at least
  std::size_t blocks_kept = 64;            // in memory at once; the one used longest ago goes first. At least one
  int redirects_max = 5;                   // from https never to http
  int attempts_max = 4;                    // of one request: 5xx, 429 and broken connections are tried again
  std::chrono::milliseconds backoff{250};  // before the second attempt; doubles, at most 5 s, Retry-After if longer
  std::chrono::milliseconds stall_timeout{15'000};     // nothing arrives for so long
  std::chrono::milliseconds request_timeout{120'000};  // one answer in all
};

// True for text that begins with http:// or https://, in any case.
[[nodiscard]] bool is_http_url(std::string_view text);

// The address of `name` in the folder of `url`, with the same query: "https://h/a/x.bin?k=1" and "y" give
// "https://h/a/y?k=1". InvalidArgument for text that is no address, or a name that leaves the folder.
[[nodiscard]] Result<std::string> url_beside(const std::string& url, std::string_view name);

// Proxies are those of libcurl's own variables (https_proxy, no_proxy); none under an airgap. Certificates are checked
// against the system's. One connection is kept between requests. Externally synchronised.
class HttpRangeReader {
 public:
  // Asks for the first block, which tells the size. Errors here and from read_at(): Forbidden: the egress rule, before
  // any lookup; InvalidArgument: no http(s) address; NotFound: 404, 410, no such host; PermissionDenied: 401, 403;
  // Unsupported: the server sends whole files only (of which nothing is fetched), or redirects without end or to plain
  // http; InvalidData: an empty file, an answer that contradicts the request, a file that changed since open();
  // DeadlineExceeded; Unavailable: everything else of the network, after the attempts.
  static Result<HttpRangeReader> open(const std::string& url, const HttpRangeOptions& options = {});

  HttpRangeReader(HttpRangeReader&&) noexcept;
  HttpRangeReader& operator=(HttpRangeReader&&) noexcept;
  ~HttpRangeReader();

  [[nodiscard]] std::uint64_t size_bytes() const;
  [[nodiscard]] const std::string& url() const;         // as given to open()
  [[nodiscard]] std::uint64_t fetched_bytes() const;    // of bodies, thrown away ones too
  [[nodiscard]] std::uint64_t n_requests() const;       // redirects and repeated ones too
  [[nodiscard]] const std::string& entity_tag() const;  // empty where the server names none

  // Fills all of `out`; InvalidArgument past the end.
  Status read_at(std::uint64_t offset, std::span<std::byte> out);

 private:
  class Impl;
  explicit HttpRangeReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hearth
