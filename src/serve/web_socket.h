// A WebSocket as the handlers of endpoints see it: text messages in and out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "serve/exchange.h"

namespace hearth::serve {

// Source: RFC 6455, section 7.4.1, and the registry of close codes it set up.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kUnsupported = 1003,
  kPolicy = 1008,
  kInternal = 1011,
};

// Thread-safe.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // The one that opened it.
  [[nodiscard]] virtual const HttpRequest& request() const = 0;

  // The next message, in valid UTF-8, no longer than a request's body may be. Blocks; false when the connection is over
  // and all that came before was given. What a client sends ahead of this is bounded: then its socket is read no more.
  [[nodiscard]] virtual bool receive(std::string& message) = 0;

  // Queues a message; never blocks. False: the connection is over, or the client reads so slowly that it was cut off.
  virtual bool send(std::string message) = 0;
  // Blocks until most of what was queued is sent, so that whoever makes much keeps to the client's pace. False: over.
  [[nodiscard]] virtual bool wait_for_room() = 0;

  // After what was queued. `reason` is cut to the 123 bytes that fit.
  virtual void close(CloseCode code, std::string reason) = 0;
};

// How a request is answered that asks for a WebSocket (with "Upgrade: websocket"). Beside the table of routes, in which
// the pattern stands too: that entry answers those who ask for none.
struct WebSocketRoute {
  std::string pattern;  // of a route of GET
  // On the server's thread, before the connection is taken over: an error is the answer to the request.
  std::function<Status(const HttpRequest&)> admit;
  // Likewise, right after; must be quick. Whoever keeps the socket serves it on a thread of its own.
  std::function<void(std::shared_ptr<WebSocket>)> open;
  std::string subprotocol;  // the one that is agreed to where the client offers it
};

}  // namespace hearth::serve
