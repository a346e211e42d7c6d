// The messages of a WebSocket on their way between a handler's threads and the connection's. Internal to the server.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "serve/web_socket.h"

namespace hearth::serve {

struct WebSocketBounds {
  std::size_t received_bytes = std::size_t{1} << 20U;  // that wait for the handler; then the client is read no more
  std::size_t unsent_bytes = std::size_t{8} << 20U;    // that wait for the client; over: cut off
};

// Internally locked. Needs no connection: when the client is gone, what is sent leads nowhere.
class WebSocketChannel final : public WebSocket {
 public:
  // `wake` makes the connection look soon; called at most once between two take()s, from any thread.
  WebSocketChannel(HttpRequest request, const WebSocketBounds& bounds, std::function<void()> wake)
      : request_(std::move(request)), bounds_(bounds), wake_(std::move(wake)) {}

  [[nodiscard]] const HttpRequest& request() const override { return request_; }
  [[nodiscard]] bool receive(std::string& message) override;
  bool send(std::string message) override;
  [[nodiscard]] bool wait_for_room() override;
  void close(CloseCode code, std::string reason) override;

  // The connection's side.
  struct Closing {
    CloseCode code = CloseCode::kNormal;
    std::string reason;
  };
  struct Next {
    std::optional<std::string> message;
    std::optional<Closing> closing;  // once all messages are taken
    bool overflow = false;           // the client reads too slowly
  };
  void deliver(std::string message);
  [[nodiscard]] bool wants_more() const;  // may be read for it
  [[nodiscard]] Next take();
  [[nodiscard]] bool overflowed() const;
  void sent(std::size_t n_bytes);
  // The connection is over.
  void end();

 private:
  void wake(std::unique_lock<std::mutex>& lock);

  const HttpRequest request_;
  const WebSocketBounds bounds_;
  const std::function<void()> wake_;
  mutable std::mutex gate_;  // of all below
  std::condition_variable changed_;
  std::deque<std::string> received_;
  std::size_t received_bytes_ = 0;
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  std::optional<Closing> closing_;
  bool overflow_ = false;
  bool over_ = false;
  bool woken_ = false;
};

}  // namespace hearth::serve
