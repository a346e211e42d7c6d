#include "app/server_client.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "platform/egress.h"
#include "platform/socket_stream.h"

namespace hearth {
namespace {

constexpr std::size_t kAnswerBytesMax = 64U << 20U;

std::string request_text(const std::string& target, const std::string& body) {
  if (body.empty()) return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
      "{}\r\n\r\n{}",
      target, body.size(), body);
}

Result<ServerAnswer> parse_answer(const std::string& bytes) {
  boost::beast::http::response_parser<boost::beast::http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  parser.eager(true);
  boost::system::error_code error;
  std::size_t at = 0;
  while (at < bytes.size() && !parser.is_done() && !error) {
    at += parser.put(boost::asio::buffer(bytes.data() + at, bytes.size() - at), error);
  }
  if (!error && !parser.is_done()) parser.put_eof(error);
  if (error) return fail(ErrorCode::kInvalidData, "the server's answer is no HTTP: " + error.message());
  return ServerAnswer{parser.get().result_int(), parser.get().body()};
}

}  // namespace

Result<ServerAnswer> ask_server(const RunningServer& server, const std::string& target, const std::string& body,
                                std::chrono::milliseconds timeout) {
  if (server.unix_socket.empty())
    return fail(ErrorCode::kUnavailable, "the server is starting and does not answer yet", "try again in a moment");
  HEARTH_ASSIGN(socket, connect_to_unix_socket(server.unix_socket, {}));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  HEARTH_TRY(send_all(socket, request_text(target, body), deadline));
  HEARTH_ASSIGN(bytes, receive_all(socket, kAnswerBytesMax, deadline));
  return parse_answer(bytes);
}

}  // namespace hearth
