// What the server's connections share. Internal to the server.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "serve/http_gate.h"
#include "serve/http_metrics.h"
#include "serve/http_options.h"
#include "serve/request_record.h"
#include "serve/trace_context.h"
#include "serve/wake_queue.h"
#include "serve/web_socket.h"

namespace hearth::serve {

class Connection;

// Shared by the server, its connections and the exchanges that handlers hold: the last of them to go may be a
// handler's.
struct ServerCore {
  ServerCore(HttpServerOptions o, Router r, ApiKeys* keys, Logger& log, MetricsRegistry& registry)
      : io(static_cast<int>(o.n_io_threads)),
        wakes(io),
        options(std::move(o)),
        router(std::move(r)),
        gate(router, options.cors, keys),
        logger(log),
        metrics(registry) {}

  boost::asio::io_context io;
  WakeQueue wakes;
  const HttpServerOptions options;
  const Router router;
  const HttpGate gate;
  Logger& logger;
  HttpMetrics metrics;
  std::vector<RequestObserver*> observers;
  std::map<std::string, WebSocketRoute> web_sockets;  // by pattern
  IdSource ids;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> arriving_bytes{0};  // of bodies that are being read

  std::mutex mutex;  // of `connections`
  std::condition_variable emptied;
  std::map<Connection*, std::shared_ptr<Connection>> connections;
};

}  // namespace hearth::serve
