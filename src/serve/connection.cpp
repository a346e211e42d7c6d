#include "serve/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "base/display_text.h"
#include "serve/http_error.h"
#include "serve/web_socket_pump.h"

namespace hearth::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

// Of the next requests, while an answer is made. When it is full the connection reads no more until then.
constexpr std::size_t kReadAheadBytes = std::size_t{64} << 10U;
// A body of a refused request is read to its end if it is no longer than this, so that the connection can go on.
constexpr std::size_t kReadThroughBytes = std::size_t{64} << 10U;
constexpr std::size_t kReadBytes = std::size_t{16} << 10U;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Error bad_request(std::string message, std::string hint, const char* code = "bad_request") {
  return Error(ErrorCode::kInvalidArgument, std::move(message), std::move(hint)).with("code", code);
}

// Faults of the head that the parser lets pass; nothing where there is none.
template <class Message>
std::optional<Error> head_fault(const Message& message) {
  if (message.version() != 10 && message.version() != 11)
    return bad_request("the request is of no version of HTTP that is known here", "send HTTP/1.1")
        .with("http_status", "505");
  if (message.version() == 11 && message.count(http::field::host) != 1)
    return bad_request("an HTTP/1.1 request needs one Host header", "send the address's host as Host");
  // Only "chunked" has an end that can be found; guessing it would let one request hide in another's body.
  if (message.count(http::field::transfer_encoding) > 0 && !message.chunked())
    return bad_request("the transfer encoding of the request is not known here", "send it chunked, or with a length")
        .with("http_status", "501");
  return std::nullopt;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<HttpTransport> transport, std::string remote)
    : core_(std::move(core)),
      transport_(std::move(transport)),
      executor_(transport_->socket().get_executor()),
      remote_(std::move(remote)) {}

void Connection::start() {
  set_deadline(core_->options.limits.header_timeout);
  start_reading();
}

void Connection::start_reading() {
  reading_ = true;
  // An exception here is memory that ran out: the others go on without this connection.
  asio::co_spawn(executor_, read_loop(shared_from_this()),
                 [self = shared_from_this()](const std::exception_ptr& fault) {
                   if (fault) self->close();
                 });
}

asio::awaitable<bool> Connection::ready(IoResult::Kind kind) {
  const auto what = kind == IoResult::Kind::kWantWrite ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  const auto [error] = co_await transport_->socket().async_wait(what, asio::as_tuple(asio::use_awaitable));
  co_return !error && phase_ != Phase::kClosed;
}

asio::awaitable<bool> Connection::handshake() {
  while (phase_ == Phase::kHandshake) {
    const IoResult result = transport_->try_handshake();
    if (result.kind == IoResult::Kind::kClosed) co_return false;
    if (result.kind == IoResult::Kind::kMoved) {
      phase_ = Phase::kIdle;
      co_return true;
    }
    if (!co_await ready(result.kind)) co_return false;
  }
  co_return phase_ != Phase::kClosed;
}

IoResult Connection::read_available() {
  std::array<char, kReadBytes> scratch;  // not of the connection: most of them wait most of the time
  const IoResult result = transport_->try_read(scratch);
  if (result.kind == IoResult::Kind::kMoved && phase_ != Phase::kLinger) in_.append(scratch.data(), result.n_bytes);
  return result;
}

// `self` keeps the connection for as long as the coroutine runs.
asio::awaitable<void> Connection::read_loop([[maybe_unused]] std::shared_ptr<Connection> self) {
  if (!co_await handshake()) {
    core_->metrics.rejected("handshake");
    close();
  }
  while (phase_ != Phase::kClosed) {
    if (phase_ == Phase::kSocket) break;  // read by its own means from here on
    if (phase_ == Phase::kAnswer && in_.size() >= kReadAheadBytes) break;
    const IoResult result = read_available();
    if (result.kind == IoResult::Kind::kClosed) {
      on_end_of_input();
      break;
    }
    if (result.kind == IoResult::Kind::kMoved)
      advance();
    else if (!co_await ready(result.kind))
      break;
  }
  reading_ = false;
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  // An answer that is complete is sent to its end; the client may have closed its half only.
  if (phase_ == Phase::kAnswer && answer_->complete()) return;
  on_client_gone();
}

// Parses what is there until a request waits for its answer.
void Connection::advance() {
  while (phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody) {
    if (phase_ == Phase::kIdle) in_.erase(0, in_.find_first_not_of("\r\n"));
    if (in_.empty() || !parse_some()) break;
    dispatch();
  }
  if (in_.empty() && in_.capacity() > 1024) in_ = {};
}

// True when a request is complete; false when more must come, or it was refused.
bool Connection::parse_some() {
  const HttpLimits& limits = core_->options.limits;
  if (phase_ == Phase::kIdle) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_->body_limit(limits.body_bytes);
    request_ = {};
    record_ = {};
    record_.began = std::chrono::system_clock::now();
    record_.began_steady = std::chrono::steady_clock::now();
    phase_ = Phase::kHead;
    set_deadline(limits.header_timeout);
  }
  for (;;) {
    boost::system::error_code error;
    const std::size_t n_parsed = parser_->put(asio::buffer(in_), error);
    in_.erase(0, n_parsed);
    if (error && error != http::error::need_more) {
      on_parse_error(error);
      return false;
    }
    if (phase_ == Phase::kHead && parser_->is_header_done()) {
      phase_ = Phase::kBody;
      set_deadline(limits.body_timeout);
      if (!on_head()) return false;
      parser_->eager(true);
    }
    if (!count_body()) return false;
    if (parser_->is_done()) return true;
    if (error || in_.empty() || n_parsed == 0) break;
  }
  // Between chunks there is no more than a short line.
  if (phase_ == Phase::kBody && in_.size() > limits.header_bytes)
    on_parse_error(http::make_error_code(http::error::bad_chunk));
  return false;
}

void Connection::take_head() {
  const auto& message = parser_->get();
  request_.method = std::string(message.method_string());
  for (const auto& field : message)
    request_.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
}

// False when the request was refused already.
bool Connection::on_head() {
  take_head();
  const auto& message = parser_->get();
  http10_ = message.version() == 10;
  if (auto fault = head_fault(message)) {
    refuse(*fault, "malformed");
    return false;
  }
  admission_ = core_->gate.admit(request_, message.target());
  const bool waits = lower(request_.header("expect")) == "100-continue" && !http10_ && !parser_->is_done();
  if (admission_.response) {
    const auto rest = parser_->content_length_remaining();
    if (parser_->is_done() || (rest && *rest <= kReadThroughBytes && !waits)) return true;
    begin_answer(false);
    answer_->respond(*admission_.response);
    return false;
  }
  if (waits && in_.empty()) {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    (void)send_out();
    return phase_ != Phase::kClosed;
  }
  return true;
}

// Adds what came of the body to what all connections hold. False: that was too much, and the request is refused.
bool Connection::count_body() {
  const std::size_t n_bytes = parser_->get().body().size();
  const std::size_t more = n_bytes - std::exchange(body_bytes_, n_bytes);
  const std::size_t bound = core_->options.limits.all_bodies_bytes;
  if (core_->arriving_bytes.fetch_add(more, std::memory_order_relaxed) + more <= bound) return true;
  refuse(
      Error(ErrorCode::kUnavailable, "the bodies of all requests are longer than " + std::to_string(bound) + " bytes",
            "send it again in a moment")
          .with("code", "bodies_too_large")
          .with("retry_after_s", "1"),
      "memory");
  return false;
}

void Connection::forget_body() {
  core_->arriving_bytes.fetch_sub(std::exchange(body_bytes_, 0), std::memory_order_relaxed);
}

void Connection::on_parse_error(const boost::system::error_code& error) {
  const HttpLimits& limits = core_->options.limits;
  if (phase_ == Phase::kHead) take_head();  // as far as it came
  if (error == http::error::header_limit)
    return refuse(bad_request("the request's headers are longer than " + std::to_string(limits.header_bytes) + " bytes",
                              "send fewer or shorter ones", "headers_too_large")
                      .with("http_status", "431"),
                  "too_large");
  // Who may not ask at all, and whose page may not read the answer, is told that first.
  if (error == http::error::body_limit && phase_ == Phase::kHead) {
    admission_ = core_->gate.admit(request_, parser_->get().target());
    if (admission_.response) {
      begin_answer(false);
      return answer_->respond(*std::exchange(admission_.response, std::nullopt));
    }
  }
  if (error == http::error::body_limit)
    return refuse(bad_request("the request's body is longer than " + std::to_string(limits.body_bytes) + " bytes",
                              "send less, or start the server with a larger --body-limit", "body_too_large")
                      .with("http_status", "413"),
                  "too_large");
  refuse(bad_request("the request is no HTTP/1.1: " + one_line(error.message()), "check the client"), "malformed");
}

void Connection::on_deadline() {
  const auto deadline = deadline_ns_.load(std::memory_order_relaxed);
  if (deadline == 0 || std::chrono::steady_clock::now().time_since_epoch().count() < deadline) return;
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
      return refuse(Error(ErrorCode::kDeadlineExceeded, "the request did not arrive in time", "send it without pauses")
                        .with("http_status", "408")
                        .with("code", "request_timeout"),
                    "timeout");
    case Phase::kAnswer:
    case Phase::kSocket: core_->metrics.rejected("slow_reader"); return on_client_gone();
    default: return close();
  }
}

void Connection::check_deadline(std::chrono::steady_clock::time_point now) {
  const auto deadline = deadline_ns_.load(std::memory_order_relaxed);
  if (deadline != 0 && now.time_since_epoch().count() >= deadline)
    asio::post(executor_, [self = shared_from_this()] { self->on_deadline(); });
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
  const auto at = std::chrono::steady_clock::now() + from_now;
  deadline_ns_.store(std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count(),
                     std::memory_order_relaxed);
}

void Connection::drain() {
  asio::post(executor_, [self = shared_from_this()] {
    if (self->phase_ == Phase::kIdle || self->phase_ == Phase::kHandshake) self->close();
    if (self->phase_ == Phase::kSocket) self->web_socket_->close(CloseCode::kGoingAway, "the server is shutting down");
  });
}

void Connection::abort() {
  asio::post(executor_, [self = shared_from_this()] { self->on_client_gone(); });
}

}  // namespace hearth::serve
