// How the HTTP server is set up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hearth::serve {

// Bounds of one connection; what is over them gets an error that names the bound.
struct HttpLimits {
  std::size_t header_bytes = std::size_t{32} << 10U;       // request line and headers; over: 431
  std::size_t body_bytes = std::size_t{8} << 20U;          // over: 413. Images come inside of bodies
  std::size_t all_bodies_bytes = std::size_t{256} << 20U;  // of all connections while they are read; over: 503
  std::size_t output_bytes = std::size_t{1} << 20U;        // of a stream, made but not sent; over: cut off
  std::size_t connections = 4096;                          // over: closed at once
  std::chrono::milliseconds header_timeout{10'000};        // from a request's first byte to the end of its headers: 408
  std::chrono::milliseconds body_timeout{60'000};          // from there to the end of the body: 408
  std::chrono::milliseconds idle_timeout{75'000};          // between requests
  std::chrono::milliseconds write_timeout{30'000};         // the client takes nothing of what is there for it
};

// Files in PEM form; the certificate's chain follows it.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// Which pages of other origins may call from a browser. A request without Origin comes from no page.
struct CorsRules {
  std::vector<std::string> origins{};  // "https://app.example:8443"; "*" is any
  bool loopback = true;                // pages served from this machine, any port, and those inside its programs
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";        // a numeric address, or "localhost"
  std::optional<std::uint16_t> port{0};  // 0: any free one; absent: no TCP
  std::string unix_socket{};             // a path; empty: none. Only its owner may connect
  std::vector<int> inherited_sockets{};  // listening already (socket activation); the server owns them
  std::optional<TlsFiles> tls{};         // of TCP; Unix sockets stay in the clear
  unsigned n_io_threads = 1;             // handlers run on them and must be quick
  HttpLimits limits{};
  CorsRules cors{};
};

}  // namespace hearth::serve
