// What bounds the call being served: cancel flag, deadline, thread budget.
#pragma once

#include <cstdint>
#include <limits>

#include "hearth/sdk/host.h"

namespace hearth::sdk {

// Borrowed by a call for its duration. All functions are cheap and may be called from any thread.
class CallGuard {
 public:
  // A null `call` is one without bounds.
  CallGuard(const Host& host, const hearth_call* call) : host_(&host), call_(read_struct(call, hearth_call{})) {}

  [[nodiscard]] bool cancelled() const { return call_.is_cancelled != nullptr && call_.is_cancelled(call_.ctx) != 0; }
  // `spent_ns` is added to the clock: time that the caller accounts for without having waited.
  [[nodiscard]] bool past_deadline(std::int64_t spent_ns = 0) const {
    return call_.deadline_ns != 0 && host_->now_ns() + spent_ns >= call_.deadline_ns;
  }
  // Whether anything could ever stop this call.
  [[nodiscard]] bool is_bounded() const { return call_.is_cancelled != nullptr || call_.deadline_ns != 0; }
  [[nodiscard]] bool should_stop() const { return cancelled() || past_deadline(); }
  // Throws CANCELLED or DEADLINE_EXCEEDED; call it between units of work. `doing` is named in the message.
  void check(const char* doing, std::int64_t spent_ns = 0) const {
    if (cancelled()) throw Error(HEARTH_CANCELLED, std::string(doing) + " was cancelled by the caller");
    if (past_deadline(spent_ns)) {
      throw Error(HEARTH_DEADLINE_EXCEEDED,
                  std::string(doing) + " did not end by its deadline; allow more time or ask for less");
    }
  }
  [[nodiscard]] std::uint32_t n_threads() const { return call_.n_threads; }  // 0: as loaded

 private:
  const Host* host_;
  hearth_call call_;
};

}  // namespace hearth::sdk
