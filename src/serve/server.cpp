#include "serve/server.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>
#include <utility>

#include "platform/descriptor_limit.h"
#include "serve/access_log.h"
#include "serve/connection.h"
#include "serve/http_listener.h"
#include "serve/tls_files.h"

namespace hearth::serve {
namespace {

namespace asio = boost::asio;
using Socket = HttpTransport::Socket;

// After a failed accept (no descriptors left, most likely): others must end first.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Of models, caches, workers and logs, beside the connections.
constexpr std::size_t kOtherDescriptors = 512;

std::string remote_address(const Socket& socket, bool is_unix) {
  if (is_unix) return "unix";
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  asio::ip::tcp::endpoint endpoint;
  if (error || peer.size() > endpoint.capacity()) return "unknown";
  std::memcpy(endpoint.data(), peer.data(), peer.size());
  return endpoint.address().to_string();
}

// Deadlines are looked at a few times within the shortest of them, which is a lot cheaper than a timer a connection.
std::chrono::milliseconds sweep_period(const HttpLimits& limits) {
  const auto shortest =
      std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

}  // namespace

struct HttpServer::State {
  State(HttpServerOptions options, Router router, const HttpServerParts& parts)
      : core(std::make_shared<ServerCore>(std::move(options), std::move(router), parts.keys, parts.logger,
                                          parts.metrics)),
        access_log(parts.logger),
        work(core->io.get_executor()),
        control(asio::make_strand(core->io)),
        sweep_timer(control) {
    core->observers = parts.observers;
    for (const WebSocketRoute& route : parts.web_sockets) core->web_sockets.emplace(route.pattern, route);
    core->observers.push_back(&access_log);
  }

  void name_listeners();
  void launch();
  asio::awaitable<void> accept_loop(HttpListener& listener);
  asio::awaitable<void> sweep_loop();
  void admit(Socket socket, const HttpListener& listener);
  std::vector<std::shared_ptr<Connection>> open_connections() const;
  void stop_accepting();

  std::shared_ptr<ServerCore> core;  // shared with connections and exchanges, which may outlive the server
  AccessLog access_log;
  TlsContext tls;
  std::vector<HttpListener> listeners;
  std::vector<std::string> urls;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::strand<asio::io_context::executor_type> control;  // of the acceptors and the sweeper
  asio::steady_timer sweep_timer;
  std::vector<std::thread> threads;
  bool stopped = false;
};

void HttpServer::State::name_listeners() {
  for (const HttpListener& listener : listeners) {
    const std::string_view scheme = listener.is_unix ? "unix:" : tls ? "https://" : "http://";
    urls.push_back(std::string(scheme) + listener.where);
  }
}

void HttpServer::State::launch() {
  for (HttpListener& listener : listeners) asio::co_spawn(control, accept_loop(listener), asio::detached);
  asio::co_spawn(control, sweep_loop(), asio::detached);
  for (unsigned i = 0; i < std::max(1U, core->options.n_io_threads); ++i)
    threads.emplace_back([this] { core->io.run(); });
}

asio::awaitable<void> HttpServer::State::accept_loop(HttpListener& listener) {
  asio::steady_timer pause(control);
  while (listener.acceptor.is_open()) {
    // One thread is a strand already.
    const asio::any_io_executor executor = core->options.n_io_threads > 1
                                               ? asio::any_io_executor(asio::make_strand(core->io))
                                               : asio::any_io_executor(core->io.get_executor());
    auto [error, socket] = co_await listener.acceptor.async_accept(executor, asio::as_tuple(asio::use_awaitable));
    if (!error) {
      admit(std::move(socket), listener);
    } else if (error != asio::error::operation_aborted && listener.acceptor.is_open()) {
      core->logger.write(LogLevel::kWarn, "serve", "can't accept on " + listener.where + ": " + error.message());
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
}

void HttpServer::State::admit(Socket socket, const HttpListener& listener) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(core->mutex);
    if (core->draining) return;
    if (core->connections.size() >= core->options.limits.connections) {
      core->metrics.rejected("connections");
      return;
    }
    const std::string remote = remote_address(socket, listener.is_unix);
    SSL_CTX* const context = listener.is_unix ? nullptr : tls.get();
    connection = std::make_shared<Connection>(core, make_transport(std::move(socket), context), remote);
    core->connections.emplace(connection.get(), connection);
  }
  core->metrics.connection_opened();
  connection->start();
}

asio::awaitable<void> HttpServer::State::sweep_loop() {
  const auto period = sweep_period(core->options.limits);
  while (listeners.front().acceptor.is_open() || !open_connections().empty()) {
    sweep_timer.expires_after(period);
    (void)co_await sweep_timer.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(core->mutex);
    for (const auto& [_, connection] : core->connections) connection->check_deadline(now);
  }
}

std::vector<std::shared_ptr<Connection>> HttpServer::State::open_connections() const {
  std::vector<std::shared_ptr<Connection>> out;
  const std::lock_guard lock(core->mutex);
  for (const auto& [_, connection] : core->connections) out.push_back(connection);
  return out;
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, std::vector<Route> routes,
                                                      const HttpServerParts& parts) {
  HEARTH_ASSIGN(router, Router::create(std::move(routes)));
  auto state = std::make_unique<State>(std::move(options), std::move(router), parts);
  if (state->core->options.tls) {
    HEARTH_ASSIGN(context, load_tls(*state->core->options.tls));
    state->tls = std::move(context);
  }
  const std::size_t n_descriptors = state->core->options.limits.connections + kOtherDescriptors;
  if (const std::size_t bound = raise_descriptor_limit(n_descriptors); bound < n_descriptors)
    parts.logger.write(LogLevel::kWarn, "serve",
                       "the system allows " + std::to_string(bound) + " open files, so that fewer than " +
                           std::to_string(state->core->options.limits.connections) + " clients can be connected");
  HEARTH_ASSIGN(listeners, open_listeners(state->core->io, state->core->options));
  HEARTH_TRY(state->core->wakes.open());
  state->listeners = std::move(listeners);
  state->name_listeners();
  state->launch();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() { drain(std::chrono::milliseconds(0)); }

const std::vector<std::string>& HttpServer::urls() const { return state_->urls; }

std::uint16_t HttpServer::port() const {
  for (const HttpListener& listener : state_->listeners)
    if (listener.port != 0) return listener.port;
  return 0;
}

std::size_t HttpServer::n_connections() const {
  const std::lock_guard lock(state_->core->mutex);
  return state_->core->connections.size();
}

void HttpServer::State::stop_accepting() {
  {
    const std::lock_guard lock(core->mutex);  // admit() looks under it
    core->draining = true;
  }
  asio::post(control, [this] {
    for (HttpListener& listener : listeners) {
      boost::system::error_code ignored;
      listener.acceptor.close(ignored);
      if (listener.owns_path) std::filesystem::remove(listener.where, ignored);
    }
  });
}

bool HttpServer::drain(std::chrono::milliseconds patience) {
  State& state = *state_;
  if (std::exchange(state.stopped, true)) return true;
  ServerCore& core = *state.core;
  state.stop_accepting();
  for (const auto& connection : state.open_connections()) connection->drain();
  std::unique_lock lock(core.mutex);
  const auto empty = [&core] { return core.connections.empty(); };
  const bool finished = core.emptied.wait_for(lock, patience, empty);
  lock.unlock();
  for (const auto& connection : state.open_connections()) connection->abort();
  lock.lock();
  core.emptied.wait(lock, empty);
  lock.unlock();
  asio::post(state.control, [&state] {
    state.sweep_timer.cancel();
    state.core->wakes.close();
  });
  state.work.reset();
  for (std::thread& thread : state.threads) thread.join();
  return finished;
}

}  // namespace hearth::serve
