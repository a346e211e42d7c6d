// An Exchange for tests of handlers: remembers what was answered, and can lose its client. No socket is involved.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "serve/exchange.h"
#include "serve/http_error.h"

namespace hearth::serve {

// What an ExchangeRecorder has been told so far.
struct RecordedAnswer {
  unsigned status = 0;  // 0: no answer yet; of a stream: 200
  std::string content_type;
  Headers headers;
  std::string body;  // of a stream: all bytes so far
  std::size_t n_writes = 0;
  bool streamed = false;
  bool ended = false;  // the answer is complete
  int n_faults = 0;    // calls that an Exchange forbids: a second answer, a write before start_stream or after its end
};

// Internally locked: handlers may answer from any thread.
class ExchangeRecorder final : public Exchange {
 public:
  explicit ExchangeRecorder(HttpRequest request, ErrorForm errors = ErrorForm::kOpenAi)
      : request_(std::move(request)), errors_(errors) {}

  [[nodiscard]] const HttpRequest& request() const override { return request_; }

  void respond(HttpResponse response) override {
    const std::lock_guard lock(mutex_);
    if (answer_.status != 0) {
      ++answer_.n_faults;
      return;
    }
    answer_.status = response.status;
    answer_.content_type = std::move(response.content_type);
    answer_.headers = std::move(response.headers);
    answer_.body = std::move(response.body);
    finish();
  }

  void respond_error(const Error& error) override { respond(error_response(error, errors_)); }

  void start_stream(std::string content_type, Headers headers) override {
    const std::lock_guard lock(mutex_);
    if (answer_.status != 0) {
      ++answer_.n_faults;
      return;
    }
    answer_.status = 200;
    answer_.streamed = true;
    answer_.content_type = std::move(content_type);
    answer_.headers = std::move(headers);
  }

  bool write(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    if (!answer_.streamed || answer_.ended) ++answer_.n_faults;
    if (gone_ || !answer_.streamed || answer_.ended) return false;
    ++answer_.n_writes;
    answer_.body += bytes;
    return true;
  }

  void end_stream() override {
    const std::lock_guard lock(mutex_);
    if (!answer_.streamed || answer_.ended) ++answer_.n_faults;
    finish();
  }

  void on_disconnect(std::function<void()> callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (answer_.ended) return;
      if (!gone_) {
        callback_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  // The client goes away now: calls what on_disconnect() was given, unless the answer is complete.
  void disconnect() {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
      if (!answer_.ended) callback = std::exchange(callback_, nullptr);
    }
    if (callback) callback();
  }

  // Waits until the answer is complete; false when the time is over first.
  [[nodiscard]] bool wait_ended(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return answer_.ended; });
  }

  [[nodiscard]] RecordedAnswer answer() const {
    const std::lock_guard lock(mutex_);
    return answer_;
  }

 private:
  void finish() {
    answer_.ended = true;
    callback_ = nullptr;
    changed_.notify_all();
  }

  const HttpRequest request_;
  const ErrorForm errors_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RecordedAnswer answer_;
  std::function<void()> callback_;
  bool gone_ = false;
};

}  // namespace hearth::serve
