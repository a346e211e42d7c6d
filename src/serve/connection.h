// One client's connection: reads requests, hands them to handlers, sends their answers in order. Internal.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "serve/http_answer.h"
#include "serve/http_transport.h"
#include "serve/server_core.h"

namespace hearth::serve {

class WebSocketPump;

// Everything but wake-ups and expired() runs on the connection's executor (a strand where there are several threads).
// One coroutine reads for as long as the connection is open, while an answer is computed too: that is how a client that
// goes away is seen at once. Writing is driven by wake-ups. Memory: about 4 KiB while a stream is open, besides the
// request itself.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<HttpTransport> transport, std::string remote);

  void start();
  // From any thread: close at once where no request is under way, else after its answer.
  void drain();
  // From any thread: close now; who computes is told that the client is gone.
  void abort();
  // From the sweeper's thread: acts on a deadline that is over.
  void check_deadline(std::chrono::steady_clock::time_point now);
  // On a thread of the server's: there may be something to send.
  void wake();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;
  enum class Phase { kHandshake, kIdle, kHead, kBody, kAnswer, kSocket, kLinger, kClosed };

  // Reading.
  boost::asio::awaitable<void> read_loop(std::shared_ptr<Connection> self);
  boost::asio::awaitable<bool> ready(IoResult::Kind kind);
  boost::asio::awaitable<bool> handshake();
  [[nodiscard]] IoResult read_available();
  void start_reading();
  void on_end_of_input();
  void advance();
  [[nodiscard]] bool parse_some();
  void take_head();
  [[nodiscard]] bool on_head();
  [[nodiscard]] bool count_body();
  void forget_body();
  void admit();
  [[nodiscard]] bool refuse_before_body();
  void on_parse_error(const boost::system::error_code& error);
  void on_deadline();

  // Answering.
  void begin_answer(bool keep_alive);
  void dispatch();
  void refuse(const Error& error, std::string_view reason);
  void pump();
  [[nodiscard]] bool give_up(HttpAnswer::Progress progress);
  [[nodiscard]] bool send_out();
  void wait_writable(IoResult::Kind kind);
  void on_client_gone();
  void on_answer_sent();
  void record_answer(bool complete);
  void close_after_answer();
  void open_web_socket(const WebSocketRoute& route, ErrorForm errors, const Upgrade& upgrade);
  void end_web_socket();
  void close();

  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { deadline_ns_.store(0, std::memory_order_relaxed); }
  template <class Function>
  void post(Function function);

  const std::shared_ptr<ServerCore> core_;
  const std::unique_ptr<HttpTransport> transport_;
  const boost::asio::any_io_executor executor_;
  const std::string remote_;

  Phase phase_ = Phase::kHandshake;
  bool reading_ = false;  // the coroutine runs
  bool blocked_ = false;  // waits until it can write
  bool input_ended_ = false;
  bool drain_wanted_ = false;
  std::string in_;              // read and not yet parsed
  std::size_t body_bytes_ = 0;  // as counted among arriving_bytes
  std::string out_;             // being sent
  std::size_t out_sent_ = 0;
  std::atomic<std::int64_t> deadline_ns_{0};

  // Of the present request.
  std::optional<Parser> parser_;
  HttpRequest request_;
  Admission admission_;
  RequestRecord record_;
  std::string span_id_;
  bool http10_ = false;
  bool sampled_ = true;
  bool answer_taken_ = false;                  // all of it is in out_
  std::shared_ptr<HttpAnswer> answer_;         // shared with the handler's exchange
  std::shared_ptr<WebSocketPump> web_socket_;  // shared with its operations; null: the request opened none
};

}  // namespace hearth::serve
