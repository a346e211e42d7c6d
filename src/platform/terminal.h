// The terminal this process may be attached to, and the interrupt key.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "base/call_bounds.h"

namespace hearth {

enum class StandardStream { kInput = 0, kOutput = 1, kError = 2 };

[[nodiscard]] bool is_terminal(StandardStream stream);

// While it lives, Ctrl-C (SIGINT) and SIGTERM request `token` instead of ending the process. A second one while the
// request stands unanswered ends the process as usual, so that a stuck library can't hold the user. One at a time.
class InterruptGuard {
 public:
  explicit InterruptGuard(CancelToken token);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

}  // namespace hearth
