// Moves the messages of one WebSocket between its channel and the connection's transport, by Boost.Beast. Internal.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "serve/http_options.h"
#include "serve/transport_stream.h"
#include "serve/web_socket_channel.h"

namespace hearth::serve {

// On the connection's executor alone. Its operations keep it and the connection, whose transport it uses.
class WebSocketPump : public std::enable_shared_from_this<WebSocketPump> {
 public:
  struct Parts {
    HttpTransport& transport;
    std::shared_ptr<WebSocketChannel> channel;  // shared with the handler
    std::weak_ptr<void> connection;             // kept while something is under way
    std::function<void(bool)> writing;          // a message is being sent, or no more
    std::function<void(bool)> over;             // true: the client read too slowly. Ends the connection
  };
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;

  // `early`: what was read behind the request.
  WebSocketPump(Parts parts, std::string early, std::size_t message_bytes_max);

  // Answers the request that opens it, with these headers, and goes on from there.
  void start(const Upgrade& request, Headers headers);
  // There may be something to send, or room to read.
  void pump();
  // After what was queued.
  void close(CloseCode code, std::string reason) { parts_.channel->close(code, std::move(reason)); }
  // The connection is over: what is under way leads nowhere.
  void end();

  [[nodiscard]] std::size_t received_bytes() const { return received_bytes_; }
  [[nodiscard]] std::size_t sent_bytes() const { return sent_bytes_; }

 private:
  void read();
  void on_read(const boost::system::error_code& error);
  void write(std::string message);
  void send_close(const WebSocketChannel::Closing& closing);
  void finish(bool slow_reader);
  [[nodiscard]] auto keep() { return std::pair(shared_from_this(), parts_.connection.lock()); }

  Parts parts_;
  boost::beast::websocket::stream<TransportStream, false> stream_;
  boost::beast::flat_buffer in_;
  std::string out_;
  std::size_t received_bytes_ = 0;
  std::size_t sent_bytes_ = 0;
  bool open_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace hearth::serve
