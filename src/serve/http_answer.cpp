#include "serve/http_answer.h"

#include <algorithm>
#include <utility>

namespace hearth::serve {
namespace {

// How much more than the bound a burst may be while the client keeps up.
constexpr std::size_t kBurstFactor = 8;

}  // namespace

// Under the lock. False: there is an answer already, or nobody to read it.
bool HttpAnswer::begin(unsigned status) {
  if (status_ != 0 || lost_) return false;
  status_ = status;
  if (draining_.load(std::memory_order_relaxed)) frame_.keep_alive = false;
  return true;
}

void HttpAnswer::wake(std::unique_lock<std::mutex>& lock) {
  const bool first = !std::exchange(woken_, true);
  lock.unlock();
  if (first) wake_();
}

// A connection that waits for its client takes nothing, so that an earlier wake-up may still be open: this one is its
// own.
void HttpAnswer::cut(std::unique_lock<std::mutex>& lock) {
  cut_ = true;
  woken_ = false;
  wake(lock);
}

void HttpAnswer::respond(const HttpResponse& response) {
  std::unique_lock lock(mutex_);
  if (!begin(response.status)) return;
  head_ = response_head(frame_, response, response.body.size());
  if (!frame_.head_only && response.status != 204 && response.status != 304) head_ += response.body;
  unsent_bytes_ = head_.size();
  ended_ = true;
  on_disconnect_ = nullptr;
  wake(lock);
}

void HttpAnswer::start(std::string content_type, Headers headers) {
  std::unique_lock lock(mutex_);
  if (!begin(200)) return;
  streamed_ = true;
  if (frame_.http10) frame_.keep_alive = false;
  head_ = response_head(frame_, {200, std::move(content_type), {}, std::move(headers)}, std::nullopt);
  unsent_bytes_ = head_.size();
  wake(lock);
}

bool HttpAnswer::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (!streamed_ || ended_ || lost_ || cut_) return false;
  if (frame_.head_only || bytes.empty()) return true;
  const std::size_t bound = stalled_ ? output_bytes_max_ : kBurstFactor * output_bytes_max_;
  if (unsent_bytes_ > 0 && unsent_bytes_ + bytes.size() > bound) {
    overflow_ = true;
    cut(lock);
    return false;
  }
  payload_ += bytes;
  unsent_bytes_ += bytes.size();
  wake(lock);
  return true;
}

void HttpAnswer::end() {
  std::unique_lock lock(mutex_);
  if (!streamed_ || ended_ || lost_) return;
  ended_ = true;
  on_disconnect_ = nullptr;
  wake(lock);
}

void HttpAnswer::abandon(const HttpResponse& internal_fault) {
  {
    std::unique_lock lock(mutex_);
    if (ended_ || lost_) return;
    if (status_ != 0) return cut(lock);
  }
  respond(internal_fault);
}

void HttpAnswer::on_disconnect(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!lost_) {
      on_disconnect_ = std::move(callback);
      return;
    }
  }
  callback();
}

HttpAnswer::Progress HttpAnswer::fault_locked() const {
  if (!cut_ || ended_) return Progress::kOpen;
  return overflow_ ? Progress::kOverflow : Progress::kCut;
}

HttpAnswer::Progress HttpAnswer::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_locked();
}

HttpAnswer::Progress HttpAnswer::take(std::string& out) {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  if (const Progress fault = fault_locked(); fault != Progress::kOpen) return fault;
  const std::size_t before = out.size();
  const std::size_t taken_bytes = head_.size() + payload_.size();
  out += head_;
  head_ = {};
  const bool chunked = streamed_ && !frame_.http10;
  if (!payload_.empty() && chunked) append_chunk(out, payload_);
  if (!payload_.empty() && !chunked) out += payload_;
  payload_.clear();
  if (payload_.capacity() > 16384) payload_.shrink_to_fit();
  if (ended_ && chunked && !frame_.head_only) out += "0\r\n\r\n";
  unsent_bytes_ += out.size() - before - taken_bytes;
  return ended_ ? Progress::kComplete : Progress::kOpen;
}

void HttpAnswer::sent(std::size_t n_bytes) {
  const std::lock_guard lock(mutex_);
  unsent_bytes_ -= std::min(unsent_bytes_, n_bytes);
}

void HttpAnswer::set_stalled(bool stalled) {
  const std::lock_guard lock(mutex_);
  stalled_ = stalled;
}

bool HttpAnswer::lose() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    if (lost_ || ended_) return false;
    lost_ = true;
    head_ = {};
    payload_ = {};
    callback = std::exchange(on_disconnect_, nullptr);
  }
  if (callback) callback();
  return true;
}

unsigned HttpAnswer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool HttpAnswer::complete() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool HttpAnswer::streamed() const {
  const std::lock_guard lock(mutex_);
  return streamed_;
}

bool HttpAnswer::keep_alive() const {
  const std::lock_guard lock(mutex_);
  return frame_.keep_alive;
}

}  // namespace hearth::serve
