// A WebSocket client for tests, in the clear or under TLS: Boost.Beast's own, blocking.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace hearth::serve {

struct WebSocketTarget {
  std::uint16_t port = 0;
  std::string path = "/";
  bool tls = false;
  std::map<std::string, std::string> headers{};
};

// Externally synchronised. No wait is longer than kPatience.
class WebSocketClient {
 public:
  static constexpr std::chrono::seconds kPatience{60};

  // The status of the answer that refused it; 101 when it is open.
  explicit WebSocketClient(const WebSocketTarget& target) {
    tls_.set_verify_mode(boost::asio::ssl::verify_none);
    if (target.tls)
      stream_.emplace<Tls>(io_, tls_);
    else
      stream_.emplace<Plain>(io_);
    with([&](auto& stream) { open(stream, target); });
  }

  [[nodiscard]] unsigned status() const { return status_; }
  [[nodiscard]] const std::string& answer() const { return answer_; }  // of a refusal
  [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }
  [[nodiscard]] unsigned close_code() const { return close_code_; }  // 0: none came

  bool send(const std::string& text, bool binary = false) {
    bool sent = false;
    with([&](auto& stream) {
      boost::beast::get_lowest_layer(stream).expires_after(kPatience);
      stream.binary(binary);
      stream.async_write(boost::asio::buffer(text), [&](Code error, std::size_t) { sent = !error; });
      run();
    });
    return sent;
  }
  // Nothing when the connection is over.
  std::optional<std::string> receive() {
    std::optional<std::string> message;
    with([&](auto& stream) {
      boost::beast::flat_buffer buffer;
      boost::beast::get_lowest_layer(stream).expires_after(kPatience);
      stream.async_read(buffer, [&](Code error, std::size_t) {
        if (!error) message = boost::beast::buffers_to_string(buffer.data());
      });
      run();
      if (!message) close_code_ = stream.reason().code;
    });
    return message;
  }
  void close() {
    with([&](auto& stream) {
      boost::beast::get_lowest_layer(stream).expires_after(kPatience);
      stream.async_close(boost::beast::websocket::close_code::normal, [](Code) {});
      run();
    });
  }

 private:
  using Code = boost::system::error_code;
  using Plain = boost::beast::websocket::stream<boost::beast::tcp_stream>;
  using Tls = boost::beast::websocket::stream<boost::beast::ssl_stream<boost::beast::tcp_stream>>;

  template <class Function>
  void with(Function function) {
    if (auto* plain = std::get_if<Plain>(&stream_)) function(*plain);
    if (auto* tls = std::get_if<Tls>(&stream_)) function(*tls);
  }
  void run() {
    io_.restart();
    io_.run();
  }

  template <class Stream>
  void open(Stream& stream, const WebSocketTarget& target) {
    auto& socket = boost::beast::get_lowest_layer(stream);
    socket.expires_after(kPatience);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), target.port});
    if constexpr (std::is_same_v<Stream, Tls>) stream.next_layer().handshake(boost::asio::ssl::stream_base::client);
    stream.read_message_max(0);
    stream.set_option(
        boost::beast::websocket::stream_base::decorator([&](boost::beast::websocket::request_type& request) {
          for (const auto& [name, value] : target.headers) request.set(name, value);
        }));
    boost::beast::websocket::response_type answer;
    stream.async_handshake(answer, "localhost", target.path, [](Code) {});
    run();
    status_ = answer.result_int();
    answer_ = answer.body();
    subprotocol_ = std::string(answer["Sec-WebSocket-Protocol"]);
  }

  boost::asio::io_context io_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  std::variant<std::monostate, Plain, Tls> stream_;
  unsigned status_ = 0;
  unsigned close_code_ = 0;
  std::string answer_;
  std::string subprotocol_;
};

}  // namespace hearth::serve
