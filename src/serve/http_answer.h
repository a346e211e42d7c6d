// The answer to one request on its way from the handler's thread to the connection's. Internal to the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "serve/exchange.h"
#include "serve/http_head.h"

namespace hearth::serve {

// Internally locked. Writers add, the connection takes: whatever came together between two takes leaves as one chunk
// and one send, so that the cost of a token falls when there are many.
class HttpAnswer {
 public:
  // `wake` makes the connection take() soon; called at most once between two takes, from any thread.
  HttpAnswer(AnswerFrame frame, std::size_t output_bytes_max, const std::atomic<bool>& draining,
             std::function<void()> wake)
      : frame_(std::move(frame)), output_bytes_max_(output_bytes_max), draining_(draining), wake_(std::move(wake)) {}

  // The handler's side. A second answer, and what comes after the end, is ignored.
  void respond(const HttpResponse& response);
  void start(std::string content_type, Headers headers);
  [[nodiscard]] bool write(std::string_view bytes);
  void end();
  // The handler is gone: a 500 where no answer was begun; a stream without end is cut off, so that the client sees it.
  void abandon(const HttpResponse& internal_fault);
  void on_disconnect(std::function<void()> callback);

  // The connection's side.
  // kCut: the handler went without an end; kOverflow: the client reads too slowly. Both: close without a proper end.
  enum class Progress { kOpen, kComplete, kCut, kOverflow };
  // Appends the bytes there are to `out`.
  [[nodiscard]] Progress take(std::string& out);
  // kCut, kOverflow, or kOpen where neither is.
  [[nodiscard]] Progress fault() const;
  void sent(std::size_t n_bytes);  // of what was taken; makes room for more
  // The client takes no more for now. Only then is the bound on unsent bytes held against it: a burst that the
  // connection had no time to send yet is not the client's fault.
  void set_stalled(bool stalled);
  // The client is gone. True when it was the first call and the answer was not complete; calls back.
  bool lose();

  [[nodiscard]] unsigned status() const;  // 0: not begun
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool streamed() const;
  [[nodiscard]] bool keep_alive() const;

 private:
  [[nodiscard]] Progress fault_locked() const;
  [[nodiscard]] bool begin(unsigned status);
  void wake(std::unique_lock<std::mutex>& lock);
  void cut(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  AnswerFrame frame_;
  const std::size_t output_bytes_max_;
  const std::atomic<bool>& draining_;  // the server's; it outlives the connection
  const std::function<void()> wake_;
  std::string head_;
  std::string payload_;
  std::function<void()> on_disconnect_;
  std::size_t unsent_bytes_ = 0;
  unsigned status_ = 0;
  bool streamed_ = false;
  bool ended_ = false;
  bool cut_ = false;
  bool overflow_ = false;
  bool stalled_ = false;
  bool lost_ = false;
  bool woken_ = false;
};

}  // namespace hearth::serve
