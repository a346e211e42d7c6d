#include "serve/wake_queue.h"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "platform/socket_pair.h"
#include "serve/connection.h"

namespace hearth::serve {

Status WakeQueue::open() {
  HEARTH_ASSIGN(pipe, make_pipe());
  boost::system::error_code failed;
  heard_.assign(pipe.first.release(), failed);
  if (!failed) told_.assign(pipe.second.release(), failed);
  if (!failed) told_.non_blocking(true, failed);
  if (failed) return fail(ErrorCode::kUnavailable, "the server can't wake its threads: " + failed.message());
  listen();
  return {};
}

void WakeQueue::push(std::weak_ptr<Connection> connection) {
  {
    const std::lock_guard lock(gate_);
    waiting_.push_back(std::move(connection));
    if (std::exchange(told_already_, true)) return;
  }
  const std::lock_guard lock(told_gate_);
  boost::system::error_code ignored;  // full: then there is enough to wake up for
  const char byte = 0;
  if (told_.is_open()) told_.write_some(boost::asio::buffer(&byte, 1), ignored);
}

void WakeQueue::listen() {
  heard_.async_read_some(boost::asio::buffer(bytes_), [this](const boost::system::error_code& error, std::size_t) {
    if (error) return;  // closed
    wake_all();
    listen();
  });
}

void WakeQueue::wake_all() {
  {
    const std::lock_guard lock(gate_);
    woken_.swap(waiting_);
    told_already_ = false;
  }
  for (const auto& weak : woken_) {
    if (const auto connection = weak.lock()) connection->wake();
  }
  woken_.clear();
}

void WakeQueue::close() {
  boost::system::error_code ignored;
  heard_.close(ignored);
  const std::lock_guard lock(told_gate_);
  told_.close(ignored);
}

}  // namespace hearth::serve
