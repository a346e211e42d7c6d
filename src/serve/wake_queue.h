// Brings connections that have something to send to the thread that sends it.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

class Connection;

// In place of posting each wake-up: asio wakes its thread while it holds the lock that this thread needs first, which
// costs a token of a stream two more changes of context. Here nothing is held, and wake-ups that come before the thread
// looks are one.
class WakeQueue {
 public:
  explicit WakeQueue(boost::asio::io_context& io) : heard_(io), told_(io) {}

  // Errors of make_pipe. Before the io_context runs.
  [[nodiscard]] Status open();
  // From any thread. Nothing after close().
  void push(std::weak_ptr<Connection> connection);
  // On a thread of the io_context, which then has nothing left to wait for here.
  void close();

 private:
  void listen();
  void wake_all();

  boost::asio::posix::stream_descriptor heard_;
  std::array<char, 64> bytes_{};
  std::mutex told_gate_;  // of told_; apart, so that nobody who was woken waits for who woke him
  boost::asio::posix::stream_descriptor told_;
  std::mutex gate_;  // of the rest
  std::vector<std::weak_ptr<Connection>> waiting_;
  bool told_already_ = false;
  std::vector<std::weak_ptr<Connection>> woken_;  // of the listening thread
};

}  // namespace hearth::serve
