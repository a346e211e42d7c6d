// Makes libcurl connect as everything else here does: through connect_to(), under its rule. Used inside platform alone.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/unique_handle.h"
#include "platform/egress.h"
#include "platform/http_transfer.h"

namespace hearth {

struct CurlEasyTraits {
  using Type = CURL*;
  static Type invalid() { return nullptr; }
  static void close(Type easy) { curl_easy_cleanup(easy); }
};
using CurlEasy = UniqueHandle<CurlEasyTraits>;

struct CurlListTraits {
  using Type = curl_slist*;
  static Type invalid() { return nullptr; }
  static void close(Type list) { curl_slist_free_all(list); }
};
using CurlList = UniqueHandle<CurlListTraits>;

// A handle of libcurl; Internal when there is none.
[[nodiscard]] Result<CurlEasy> make_curl_easy();

// Must not move while its handle is in use. Externally synchronised.
class CurlEgress {
 public:
  // `easy` is borrowed; only http and https will be spoken, no redirect followed.
  CurlEgress(CURL* easy, const EgressPolicy& policy);
  CurlEgress(const CurlEgress&) = delete;
  CurlEgress& operator=(const CurlEgress&) = delete;

  // Sets the address of the next exchange. InvalidArgument: no address; Forbidden: the rule, before any lookup.
  Status aim(const std::string& url);
  // After the exchange: why no connection came about, if that was it.
  [[nodiscard]] std::optional<Error> finish();

  [[nodiscard]] const HttpAddress& address() const { return address_; }

 private:
  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* to);
  curl_socket_t open_socket(const curl_sockaddr& to);

  CURL* easy_;
  EgressPolicy policy_;
  HttpAddress address_;
  CurlList hosts_;
  std::optional<Error> connect_error_;
};

}  // namespace hearth
