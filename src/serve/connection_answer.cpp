#include <boost/asio/dispatch.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <exception>
#include <utility>

#include "serve/connection.h"
#include "serve/http_error.h"
#include "serve/http_exchange.h"
#include "serve/web_socket_pump.h"

namespace hearth::serve {
namespace {

// For what the client still sends after an answer that ends the connection: closing over unread bytes would make the
// system throw the answer away at the client's side. Source: RFC 9112, section 9.6.
constexpr std::chrono::milliseconds kLingerTime{2000};

}  // namespace

void Connection::begin_answer(bool keep_alive) {
  phase_ = Phase::kAnswer;
  clear_deadline();
  forget_body();
  const auto given = parse_traceparent(request_.header("traceparent"));
  const TraceContext trace = given ? *given : TraceContext{core_->ids.trace_id(), {}, true};
  record_.method = request_.method;
  record_.path = request_.path;
  record_.pattern = admission_.route == nullptr ? std::string() : admission_.route->pattern;
  record_.key = request_.key;
  record_.id = request_.id = core_->ids.request_id();
  record_.trace_id = request_.trace_id = trace.trace_id;
  record_.span_id = core_->ids.span_id();
  record_.parent_span_id = trace.parent_id;
  record_.sampled = trace.sampled;
  record_.remote = request_.remote = remote_;
  record_.received_bytes = parser_ ? parser_->get().body().size() : 0;

  AnswerFrame frame{request_.method == "HEAD", http10_, keep_alive, std::move(admission_.headers)};
  frame.headers.emplace_back("x-request-id", request_.id);
  frame.headers.emplace_back("traceparent", format_traceparent(trace, record_.span_id));
  // Weak: a wake-up that comes when the server has stopped must keep nothing alive.
  auto wake = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->core_->wakes.push(weak);
  };
  answer_taken_ = false;
  answer_ = std::make_shared<HttpAnswer>(std::move(frame), core_->options.limits.output_bytes, core_->draining,
                                         std::move(wake));
  core_->metrics.request_began();
}

// The request is complete: to its handler, or to the answer it has already.
void Connection::dispatch() {
  const bool keep_alive = parser_->keep_alive() && !input_ended_;
  Upgrade message = parser_->release();
  request_.body = std::move(message.body());
  const std::size_t body_bytes = request_.body.size();
  begin_answer(keep_alive);
  record_.received_bytes = body_bytes;
  parser_.reset();
  if (admission_.response) return answer_->respond(*std::exchange(admission_.response, std::nullopt));
  const Route& route = *admission_.route;
  const auto socket = core_->web_sockets.find(route.pattern);
  if (socket != core_->web_sockets.end() && boost::beast::websocket::is_upgrade(message))
    return open_web_socket(socket->second, route.errors, message);
  auto exchange = std::make_shared<HttpExchange>(std::move(request_), route.errors, answer_);
  request_ = {};
  std::string fault;
  try {
    route.handler(exchange);
    return;
  } catch (const std::exception& error) {
    fault = error.what();
  } catch (...) {
    fault = "an exception of unknown kind";
  }
  core_->logger.write(LogLevel::kError, "serve", "the handler of " + route.pattern + " failed: " + fault);
  exchange->respond_error(Error(ErrorCode::kInternal, "the handler of '" + route.pattern + "' failed: " + fault));
}

// Answers a request that could not be read, and ends the connection.
void Connection::refuse(const Error& error, std::string_view reason) {
  core_->metrics.rejected(reason);
  const ErrorForm form = admission_.route == nullptr ? error_form_of(request_) : admission_.errors;
  begin_answer(false);
  answer_->respond(error_response(error, form));
  if (parser_) parser_->get().body() = {};
}

// Sends what is in out_. False: it waits until the client takes more, or the client is gone.
bool Connection::send_out() {
  if (blocked_ || phase_ == Phase::kClosed) return false;
  while (out_sent_ < out_.size()) {
    const IoResult result = transport_->try_write(std::span<const char>(out_).subspan(out_sent_));
    if (result.kind == IoResult::Kind::kClosed) {
      on_client_gone();
      return false;
    }
    if (result.kind != IoResult::Kind::kMoved) {
      wait_writable(result.kind);
      return false;
    }
    out_sent_ += result.n_bytes;
    record_.sent_bytes += result.n_bytes;
    if (answer_) answer_->sent(result.n_bytes);
  }
  out_.clear();
  out_sent_ = 0;
  if (out_.capacity() > 16384) out_ = {};
  return true;
}

void Connection::wait_writable(IoResult::Kind kind) {
  blocked_ = true;
  if (answer_) answer_->set_stalled(true);
  if (phase_ == Phase::kAnswer) set_deadline(core_->options.limits.write_timeout);
  const auto what =
      kind == IoResult::Kind::kWantRead ? boost::asio::socket_base::wait_read : boost::asio::socket_base::wait_write;
  transport_->socket().async_wait(what, [self = shared_from_this()](const boost::system::error_code& error) {
    self->blocked_ = false;
    if (self->phase_ == Phase::kClosed) return;
    if (error) return self->on_client_gone();
    if (self->phase_ == Phase::kAnswer) self->clear_deadline();
    if (!self->answer_) {
      (void)self->send_out();
      return;
    }
    self->answer_->set_stalled(false);
    self->pump();
  });
}

void Connection::wake() {
  boost::asio::dispatch(executor_, [self = shared_from_this()] { self->pump(); });
}

// Sends the answer as far as there is any.
void Connection::pump() {
  if (web_socket_) return web_socket_->pump();
  if (answer_ && blocked_ && give_up(answer_->fault())) return;
  while (answer_ && send_out()) {
    if (answer_taken_) return on_answer_sent();
    const auto progress = answer_->take(out_);
    if (give_up(progress) || (progress == HttpAnswer::Progress::kOpen && out_.empty())) return;
    answer_taken_ = progress == HttpAnswer::Progress::kComplete;
  }
}

bool Connection::give_up(HttpAnswer::Progress progress) {
  if (progress == HttpAnswer::Progress::kOverflow) core_->metrics.rejected("slow_reader");
  const bool hopeless = progress == HttpAnswer::Progress::kOverflow || progress == HttpAnswer::Progress::kCut;
  if (hopeless) on_client_gone();
  return hopeless;
}

void Connection::on_client_gone() {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kHead || phase_ == Phase::kBody) core_->metrics.rejected("incomplete");
  close();
}

void Connection::on_answer_sent() {
  const bool goes_on = answer_->keep_alive() && !input_ended_ && !core_->draining.load(std::memory_order_relaxed);
  record_answer(true);
  if (!goes_on) return close_after_answer();
  phase_ = Phase::kIdle;
  set_deadline(core_->options.limits.idle_timeout);
  advance();
  if (!reading_ && phase_ != Phase::kClosed) start_reading();
}

// The request is over: gives the key's place back and tells the observers.
void Connection::record_answer(bool complete) {
  record_.status = web_socket_ ? 101 : complete ? answer_->status() : 499;
  record_.streamed = web_socket_ != nullptr || answer_->streamed();
  record_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - record_.began_steady).count();
  answer_.reset();
  admission_ = {};
  core_->metrics.request_ended();
  core_->metrics.on_request(record_);
  for (RequestObserver* observer : core_->observers) observer->on_request(record_);
  record_ = {};
}

void Connection::close_after_answer() {
  const bool unread = !in_.empty() || parser_.has_value();
  if (!unread || input_ended_) return close();
  phase_ = Phase::kLinger;
  in_ = {};
  parser_.reset();
  set_deadline(kLingerTime);
  transport_->end_writing();
  if (!reading_) start_reading();
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  const bool established = phase_ != Phase::kHandshake;
  phase_ = Phase::kClosed;
  clear_deadline();
  forget_body();
  if (web_socket_) end_web_socket();
  if (answer_) {
    const bool lost = answer_->lose();
    record_answer(!lost);
  }
  if (established) transport_->end_writing();
  transport_->close();
  in_ = {};
  out_ = {};
  core_->metrics.connection_closed();
  const std::lock_guard lock(core_->mutex);
  core_->connections.erase(this);  // not the last reference: the caller holds one
  if (core_->connections.empty()) core_->emptied.notify_all();
}

}  // namespace hearth::serve
