// Bytes over one accepted connection, in the clear or under TLS, without ever blocking. Internal to the server.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>
#include <span>

#include "base/unique_handle.h"

namespace hearth::serve {

// What one attempt moved, or what to wait for before the next.
struct IoResult {
  enum class Kind { kMoved, kWantRead, kWantWrite, kClosed };
  Kind kind = Kind::kClosed;
  std::size_t n_bytes = 0;
};

struct TlsContextTraits {
  using Type = SSL_CTX*;
  static Type invalid() { return nullptr; }
  static void close(Type context) { SSL_CTX_free(context); }
};
using TlsContext = UniqueHandle<TlsContextTraits>;

// TCP and Unix sockets alike. Used by one thread at a time.
class HttpTransport {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  explicit HttpTransport(Socket socket);
  virtual ~HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  virtual IoResult try_handshake() { return {IoResult::Kind::kMoved, 0}; }
  virtual IoResult try_read(std::span<char> out);
  virtual IoResult try_write(std::span<const char> bytes);
  // Says that no more will be written; the peer's bytes can still be read.
  virtual void end_writing();
  void close();

  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  Socket socket_;
};

// `tls` null: in the clear; otherwise borrowed for the call.
[[nodiscard]] std::unique_ptr<HttpTransport> make_transport(HttpTransport::Socket socket, SSL_CTX* tls);

}  // namespace hearth::serve
