// A server with a few routes, for tests of the HTTP core.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/raw_http_client.h"
#include "serve/server.h"

namespace hearth::serve {

// Remembers access lines. Internally locked.
class LogRecorder final : public Logger {
 public:
  void write(LogLevel, std::string_view component, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(component) + " " + std::string(message));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Waits until `condition` holds; false after ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up_at) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline Route test_route(std::string method, std::string pattern, Handler handler) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.summary = "for tests";
  route.handler = std::move(handler);
  return route;
}

// GET /hello, POST /echo (body as it came), GET /held (kept in `held`, never answered by itself), GET /stream (streams
// `n` pieces from a thread of its own), GET /lost (drops its exchange), GET /throws.
class ServerFixture : public ::testing::Test {
 protected:
  using ExchangePtr = std::shared_ptr<Exchange>;

  std::vector<Route> routes() {
    std::vector<Route> out;
    out.push_back(test_route("GET", "/hello", [](const ExchangePtr& e) {
      e->respond({200, "text/plain", "hello", {}});
    }));
    out.push_back(test_route("POST", "/echo", [](const ExchangePtr& e) {
      e->respond({200, "application/octet-stream", e->request().body, {}});
    }));
    out.push_back(test_route("GET", "/held", [this](const ExchangePtr& e) {
      const std::lock_guard lock(mutex);
      held.push_back(e);
    }));
    out.push_back(test_route("GET", "/stream/{n}", [this](const ExchangePtr& e) {
      const std::lock_guard lock(mutex);
      threads.emplace_back([e] {
        e->start_stream("text/event-stream", {{"cache-control", "no-store"}});
        const long n = std::min(std::strtol(e->request().parameters.at("n").c_str(), nullptr, 10), 100'000L);
        for (long i = 0; i < n; ++i)
          if (!e->write("data: " + std::to_string(i) + "\n\n")) return;
        e->end_stream();
      });
    }));
    out.push_back(test_route("GET", "/lost", [](const ExchangePtr&) {}));
    out.push_back(test_route("GET", "/throws", [](const ExchangePtr&) { throw std::runtime_error("boom"); }));
    return out;
  }

  void start(HttpServerOptions options = {}, ApiKeys* keys = nullptr) {
    auto started = HttpServer::start(std::move(options), routes(), {logger, metrics, keys, {}});
    ASSERT_TRUE(started) << to_string(started.error());
    server = std::move(*started);
  }

  void TearDown() override {
    {
      const std::lock_guard lock(mutex);
      held.clear();
    }
    server.reset();
    for (std::thread& thread : threads) thread.join();
  }

  [[nodiscard]] std::size_t n_held() {
    const std::lock_guard lock(mutex);
    return held.size();
  }
  [[nodiscard]] ExchangePtr held_at(std::size_t index) {
    const std::lock_guard lock(mutex);
    return held.at(index);
  }
  RawHttpClient client() { return RawHttpClient(server->port()); }

  LogRecorder logger;
  MetricsRegistry metrics;
  std::unique_ptr<HttpServer> server;
  std::mutex mutex;
  std::vector<ExchangePtr> held;
  std::vector<std::thread> threads;
};

}  // namespace hearth::serve
