// The HTTP server: HTTP/1.1 over TCP, TLS and Unix sockets for a table of routes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "metrics/registry.h"
#include "serve/api_keys.h"
#include "serve/exchange.h"
#include "serve/http_options.h"
#include "serve/request_record.h"
#include "serve/web_socket.h"

namespace hearth::serve {

// What the server works with; all borrowed and outliving it.
struct HttpServerParts {
  Logger& logger;  // the access log too, a line of JSON a request, as component "access"
  MetricsRegistry& metrics;
  ApiKeys* keys = nullptr;                    // null or empty: no key is asked for
  std::vector<RequestObserver*> observers{};  // told of every request when it is over
  std::vector<WebSocketRoute> web_sockets{};
};

// Thread-safe. Exchanges may outlive the server; their writes lead nowhere then.
class HttpServer {
 public:
  // Answers as soon as this returns. Errors of the routes (InvalidArgument), of the certificate and key (tls_files.h),
  // and of the addresses (http_listener.h).
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, std::vector<Route> routes,
                                                                 const HttpServerParts& parts);
  ~HttpServer();  // drain() without patience
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens: "http://127.0.0.1:8080", "https://…", "unix:/path".
  [[nodiscard]] const std::vector<std::string>& urls() const;
  // Of TCP; 0 without.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t n_connections() const;

  // Takes no new connections and requests, lets those under way be answered, then closes; what is left after `patience`
  // is cut off. True when nothing had to be. Blocks; not from a handler. Later calls do nothing.
  bool drain(std::chrono::milliseconds patience);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth::serve
