#include "platform/terminal.h"

#include <signal.h>
#include <unistd.h>

namespace hearth {
namespace {

// A signal handler gets no argument, so what it needs stands here. Set only by the one living guard.
struct HandlerState {
  CancelToken token;
  struct sigaction old_interrupt {};
  struct sigaction old_terminate {};
};
std::atomic<HandlerState*> g_state{nullptr};

void on_signal(int number) {
  HandlerState* state = g_state.load();
  if (state == nullptr) return;
  if (state->token.requested()) {
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  state->token.request();
}

}  // namespace

bool is_terminal(StandardStream stream) { return ::isatty(static_cast<int>(stream)) == 1; }

InterruptGuard::InterruptGuard(CancelToken token) {
  auto* state = new HandlerState{std::move(token), {}, {}};
  g_state.store(state);
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &state->old_interrupt);
  ::sigaction(SIGTERM, &action, &state->old_terminate);
}

InterruptGuard::~InterruptGuard() {
  HandlerState* state = g_state.load();
  ::sigaction(SIGINT, &state->old_interrupt, nullptr);
  ::sigaction(SIGTERM, &state->old_terminate, nullptr);
  g_state.store(nullptr);
  delete state;
}

}  // namespace hearth
