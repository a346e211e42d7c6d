// GET /v1/realtime: conversations by voice over a WebSocket, as OpenAI's Realtime API has them.
#pragma once

#include <memory>
#include <vector>

#include "serve/exchange.h"
#include "serve/realtime_state.h"
#include "serve/web_socket.h"

namespace hearth::serve {

struct RealtimeLimits {
  std::size_t sessions = 16;  // at once; each has four threads
};

// The sessions that are open. Thread-safe. Outlives the routes; goes after the servers whose connections it serves.
class RealtimeSessions {
 public:
  RealtimeSessions(const RealtimeParts& parts, const RealtimeLimits& limits = {});
  // Waits for the sessions, whose connections are over.
  ~RealtimeSessions();
  RealtimeSessions(const RealtimeSessions&) = delete;
  RealtimeSessions& operator=(const RealtimeSessions&) = delete;

  // What tells those who ask for no WebSocket to do so.
  [[nodiscard]] std::vector<Route> routes() const;
  [[nodiscard]] WebSocketRoute web_socket();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace hearth::serve
