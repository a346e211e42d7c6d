// Whether the server lives and whether it takes requests: /health and /ready.
#pragma once

#include <atomic>
#include <vector>

#include "serve/exchange.h"

namespace hearth::serve {

enum class ServerPhase { kStarting, kReady, kDraining };

// Where the server stands. Thread-safe. Ready comes after warm-up and never after draining.
class Readiness {
 public:
  void become_ready() {
    ServerPhase expected = ServerPhase::kStarting;
    phase_.compare_exchange_strong(expected, ServerPhase::kReady);
  }
  void become_draining() { phase_.store(ServerPhase::kDraining); }
  [[nodiscard]] ServerPhase phase() const { return phase_.load(); }

 private:
  std::atomic<ServerPhase> phase_{ServerPhase::kStarting};
};

// GET /health, /v1/health: 503 while starting, as llama-server's clients expect, then 200 to the end.
// GET /ready: 200 only between warm-up and draining. No key is needed. `readiness` must outlive the routes.
[[nodiscard]] std::vector<Route> health_routes(const Readiness& readiness);

}  // namespace hearth::serve
