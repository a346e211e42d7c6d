#include "serve/http_transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

namespace hearth::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Kind = IoResult::Kind;
using Socket = HttpTransport::Socket;

// An OpenSSL BIO over the non-blocking socket itself: unlike OpenSSL's own it raises no SIGPIPE, and unlike Asio's
// ssl::stream it holds no buffers of 17 KiB for each direction, which a thousand idle streams would pay for.
int bio_read(BIO* bio, char* out, int size) {
  error_code error;
  auto& socket = *static_cast<Socket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t n = socket.read_some(asio::buffer(out, static_cast<std::size_t>(size)), error);
  if (!error) return static_cast<int>(n);
  if (error == asio::error::would_block) BIO_set_retry_read(bio);
  return error == asio::error::eof ? 0 : -1;
}

int bio_write(BIO* bio, const char* bytes, int size) {
  error_code error;
  auto& socket = *static_cast<Socket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t n = socket.write_some(asio::buffer(bytes, static_cast<std::size_t>(size)), error);
  if (!error) return static_cast<int>(n);
  if (error == asio::error::would_block) BIO_set_retry_write(bio);
  return -1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_bio_method() {
  // Constant once made, and the language sees to it that one thread makes it.
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hearth socket");
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }();
  return kMethod;
}

struct SslTraits {
  using Type = SSL*;
  static Type invalid() { return nullptr; }
  static void close(Type ssl) { SSL_free(ssl); }
};

class TlsTransport final : public HttpTransport {
 public:
  TlsTransport(Socket connected, SSL_CTX* context) : HttpTransport(std::move(connected)), ssl_(SSL_new(context)) {
    BIO* bio = ssl_ ? BIO_new(socket_bio_method()) : nullptr;
    if (bio == nullptr) return;
    BIO_set_data(bio, &socket());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }

  IoResult try_handshake() override {
    if (!ssl_) return {};
    ERR_clear_error();
    return outcome(SSL_do_handshake(ssl_.get()), 0);
  }

  IoResult try_read(std::span<char> out) override {
    std::size_t n = 0;
    ERR_clear_error();
    const int code = SSL_read_ex(ssl_.get(), out.data(), out.size(), &n);
    return outcome(code, n);
  }

  IoResult try_write(std::span<const char> bytes) override {
    std::size_t n = 0;
    ERR_clear_error();
    const int code = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n);
    return outcome(code, n);
  }

  void end_writing() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    HttpTransport::end_writing();
  }

 private:
  [[nodiscard]] IoResult outcome(int code, std::size_t n_bytes) const {
    if (code > 0) return {Kind::kMoved, n_bytes};
    switch (SSL_get_error(ssl_.get(), code)) {
      case SSL_ERROR_WANT_READ: return {Kind::kWantRead, 0};
      case SSL_ERROR_WANT_WRITE: return {Kind::kWantWrite, 0};
      default: return {Kind::kClosed, 0};
    }
  }

  UniqueHandle<SslTraits> ssl_;
};

}  // namespace

HttpTransport::HttpTransport(Socket socket) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  // A Unix socket refuses this, and needs it not.
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

IoResult HttpTransport::try_read(std::span<char> out) {
  error_code error;
  const std::size_t n = socket_.read_some(asio::buffer(out.data(), out.size()), error);
  if (!error) return {Kind::kMoved, n};
  return {error == asio::error::would_block ? Kind::kWantRead : Kind::kClosed, 0};
}

IoResult HttpTransport::try_write(std::span<const char> bytes) {
  error_code error;
  const std::size_t n = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (!error) return {Kind::kMoved, n};
  return {error == asio::error::would_block ? Kind::kWantWrite : Kind::kClosed, 0};
}

void HttpTransport::end_writing() {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void HttpTransport::close() {
  error_code ignored;
  socket_.close(ignored);
}

std::unique_ptr<HttpTransport> make_transport(HttpTransport::Socket socket, SSL_CTX* tls) {
  if (tls == nullptr) return std::make_unique<HttpTransport>(std::move(socket));
  return std::make_unique<TlsTransport>(std::move(socket), tls);
}

}  // namespace hearth::serve
