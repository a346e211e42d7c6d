// What llama.cpp says and does while one of its functions runs: its log, its errors, its aborts.
#pragma once

#include <string>

#include "hearth/sdk/host.h"

namespace hearth::llama {

// Sends llama.cpp's log to `host` from now on, for the whole process: llama.cpp has one logger. `host` lives for good.
void route_logs(const sdk::Host& host);

// Whether a check that llama.cpp takes for impossible ends the process, or ends the call with an error.
enum class OnAbort {
  kEndProcess,  // state would be left half changed: decode
  kThrow        // everything the call has built is dropped: load, new context, restore
};

// Thrown out of ggml_abort.
class Aborted : public std::exception {
 public:
  explicit Aborted(std::string message) : message_(std::move(message)) {}
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// Stands around calls into llama.cpp on this thread and keeps what they log as errors, which would otherwise be lost:
// its functions return no more than null. Scopes may nest; the innermost one listens. Not movable, one thread.
class CallScope {
 public:
  explicit CallScope(OnAbort on_abort);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // The first error line since the scope began, without the name of the function that wrote it: llama.cpp reports the
  // cause first and then, going up, that something failed. Empty when there was none.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] bool throws_on_abort() const { return on_abort_ == OnAbort::kThrow; }
  void keep(std::string_view text);

 private:
  OnAbort on_abort_;
  CallScope* outer_;
  std::string errors_;
};

}  // namespace hearth::llama
