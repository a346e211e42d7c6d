#include "serve/web_socket_channel.h"

#include <utility>

namespace hearth::serve {
namespace {

constexpr std::size_t kReasonBytesMax = 123;  // Source: RFC 6455, section 5.5: 125 with the code

}  // namespace

bool WebSocketChannel::receive(std::string& message) {
  std::unique_lock lock(gate_);
  changed_.wait(lock, [this] { return over_ || !received_.empty(); });
  if (received_.empty()) return false;
  message = std::move(received_.front());
  received_.pop_front();
  const bool was_full = received_bytes_ >= bounds_.received_bytes;
  received_bytes_ -= message.size();
  if (was_full && received_bytes_ < bounds_.received_bytes) wake(lock);
  return true;
}

bool WebSocketChannel::send(std::string message) {
  std::unique_lock lock(gate_);
  if (over_ || overflow_ || closing_) return false;
  if (!unsent_.empty() && unsent_bytes_ + message.size() > bounds_.unsent_bytes) {
    overflow_ = true;
    woken_ = false;  // a connection that waits for its client takes nothing: an earlier wake-up may still be open
    wake(lock);
    return false;
  }
  unsent_bytes_ += message.size();
  unsent_.push_back(std::move(message));
  wake(lock);
  return true;
}

bool WebSocketChannel::wait_for_room() {
  std::unique_lock lock(gate_);
  changed_.wait(lock, [this] { return over_ || overflow_ || unsent_bytes_ <= bounds_.unsent_bytes / 4; });
  return !over_ && !overflow_;
}

void WebSocketChannel::close(CloseCode code, std::string reason) {
  std::unique_lock lock(gate_);
  if (over_ || closing_) return;
  if (reason.size() > kReasonBytesMax) {
    std::size_t n = kReasonBytesMax;
    while (n > 0 && (static_cast<unsigned char>(reason[n]) & 0xC0U) == 0x80U) --n;  // not within a character
    reason.resize(n);
  }
  closing_ = Closing{code, std::move(reason)};
  wake(lock);
}

void WebSocketChannel::wake(std::unique_lock<std::mutex>& lock) {
  const bool first = !std::exchange(woken_, true);
  lock.unlock();
  if (first) wake_();
}

void WebSocketChannel::deliver(std::string message) {
  const std::lock_guard lock(gate_);
  received_bytes_ += message.size();
  received_.push_back(std::move(message));
  changed_.notify_all();
}

bool WebSocketChannel::wants_more() const {
  const std::lock_guard lock(gate_);
  return received_bytes_ < bounds_.received_bytes;
}

bool WebSocketChannel::overflowed() const {
  const std::lock_guard lock(gate_);
  return overflow_;
}

WebSocketChannel::Next WebSocketChannel::take() {
  const std::lock_guard lock(gate_);
  woken_ = false;
  Next next;
  next.overflow = overflow_;
  if (!unsent_.empty()) {
    next.message = std::move(unsent_.front());
    unsent_.pop_front();
  } else {
    next.closing = closing_;
  }
  return next;
}

void WebSocketChannel::sent(std::size_t n_bytes) {
  const std::lock_guard lock(gate_);
  unsent_bytes_ -= n_bytes;
  changed_.notify_all();
}

void WebSocketChannel::end() {
  const std::lock_guard lock(gate_);
  over_ = true;
  unsent_.clear();
  changed_.notify_all();
}

}  // namespace hearth::serve
