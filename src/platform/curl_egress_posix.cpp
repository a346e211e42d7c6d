#include <arpa/inet.h>
#include <netinet/in.h>

#include <string_view>

#include "platform/curl_egress.h"

namespace hearth {
namespace {

// Handed to libcurl as the address of every named host, so that it looks no name up: connect_to() does, under its rule.
// Source: RFC 5737, TEST-NET-1, which no machine has.
constexpr std::string_view kUnresolved = "192.0.2.1";

// libcurl wants this once a process before any handle; the language sees to it that one thread does it.
CURLcode start_libcurl() {
  static const CURLcode kCode = curl_global_init(CURL_GLOBAL_DEFAULT);
  return kCode;
}

int on_socket_options(void*, curl_socket_t, curlsocktype) { return CURL_SOCKOPT_ALREADY_CONNECTED; }

}  // namespace

Result<CurlEasy> make_curl_easy() {
  CurlEasy easy(start_libcurl() == CURLE_OK ? curl_easy_init() : nullptr);
  if (!easy) return fail(ErrorCode::kInternal, "libcurl could not be started", "");
  return easy;
}

CurlEgress::CurlEgress(CURL* easy, const EgressPolicy& policy) : easy_(easy), policy_(policy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "hearth");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlEgress::on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket_options);
  if (policy.airgap) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

Status CurlEgress::aim(const std::string& url) {
  HEARTH_ASSIGN(address, parse_http_address(url));
  if (policy_.airgap && !is_loopback(address.host))
    return fail(connect_to(address.host, address.port, policy_).error());
  address_ = std::move(address);
  connect_error_.reset();
  const std::string known = address_.host + ":" + std::to_string(address_.port) + ":" + std::string(kUnresolved);
  // A numeric IPv6 address is no host of a list like this, and needs no lookup either.
  const bool named = address_.host.find(':') == std::string::npos;
  hosts_.reset(named ? curl_slist_append(nullptr, known.c_str()) : nullptr);
  curl_easy_setopt(easy_, CURLOPT_RESOLVE, hosts_.get());
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  return {};
}

std::optional<Error> CurlEgress::finish() {
  curl_easy_setopt(easy_, CURLOPT_RESOLVE, static_cast<curl_slist*>(nullptr));
  hosts_.reset();
  return std::exchange(connect_error_, std::nullopt);
}

curl_socket_t CurlEgress::on_open_socket(void* self, curlsocktype, curl_sockaddr* to) {
  return static_cast<CurlEgress*>(self)->open_socket(*to);
}

curl_socket_t CurlEgress::open_socket(const curl_sockaddr& to) {
  char text[INET6_ADDRSTRLEN] = {};
  std::uint16_t port = 0;
  if (to.family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(to.addr);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    port = ntohs(v4.sin_port);
  } else if (to.family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(to.addr);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    port = ntohs(v6.sin6_port);
  }
  // Anything else is the address of a proxy, which libcurl has looked up.
  auto socket = connect_to(text == kUnresolved ? address_.host : std::string(text), port, policy_);
  if (socket) return socket->release();
  connect_error_ = std::move(socket).error();
  return CURL_SOCKET_BAD;
}

}  // namespace hearth
