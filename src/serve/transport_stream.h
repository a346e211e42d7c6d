// A connection's transport as the stream that Boost.Beast reads and writes: in the clear and under TLS alike. Internal.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "serve/http_transport.h"

namespace hearth::serve {

// Models Asio's AsyncReadStream and AsyncWriteStream. Used on the transport's executor alone.
class TransportStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using ErrorCodeOfIo = boost::system::error_code;

  // `early`: bytes that were read already and come first. The transport is borrowed.
  TransportStream(HttpTransport& transport, std::string early) : transport_(&transport), early_(std::move(early)) {}

  [[nodiscard]] executor_type get_executor() const { return transport_->socket().get_executor(); }

  template <class Token>
  using ResultOf =
      typename boost::asio::async_result<std::decay_t<Token>, void(ErrorCodeOfIo, std::size_t)>::return_type;

  template <class Buffers, class Token>
  ResultOf<Token> async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(ErrorCodeOfIo, std::size_t)>(Operation<Buffers, true>{this, buffers},
                                                                               token, transport_->socket());
  }
  template <class Buffers, class Token>
  ResultOf<Token> async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(ErrorCodeOfIo, std::size_t)>(Operation<Buffers, false>{this, buffers},
                                                                               token, transport_->socket());
  }

  // What Beast asks of the layer below it when a WebSocket ends or its time is over.
  friend void beast_close_socket(TransportStream& stream) { stream.transport_->close(); }
  friend void teardown(boost::beast::role_type, TransportStream& stream, ErrorCodeOfIo& error) {
    stream.transport_->end_writing();
    error = {};
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, TransportStream& stream, Handler&& handler) {
    stream.transport_->end_writing();
    boost::asio::post(stream.get_executor(),
                      [done = std::forward<Handler>(handler)]() mutable { done(ErrorCodeOfIo()); });
  }

 private:
  // One transfer of some bytes, tried at once and then whenever the socket is ready. What is done at once is told
  // through the executor: Asio forbids to call back from within the call.
  template <class Buffers, bool kReads>
  struct Operation {
    using Buffer = std::conditional_t<kReads, boost::asio::mutable_buffer, boost::asio::const_buffer>;
    TransportStream* stream;
    Buffers buffers;
    enum class Step { kFirst, kWaited, kDone } step = Step::kFirst;
    IoResult result{};

    template <class Self>
    void operator()(Self& self, ErrorCodeOfIo error = {}) {
      if (step == Step::kDone) return finish(self);
      if (error) return self.complete(error, 0);
      result = attempt();
      const bool waits = result.kind == IoResult::Kind::kWantRead || result.kind == IoResult::Kind::kWantWrite;
      if (waits) {
        step = Step::kWaited;
        const auto what = result.kind == IoResult::Kind::kWantRead ? boost::asio::socket_base::wait_read
                                                                   : boost::asio::socket_base::wait_write;
        return stream->transport_->socket().async_wait(what, std::move(self));
      }
      if (step == Step::kWaited) return finish(self);
      step = Step::kDone;
      boost::asio::post(stream->get_executor(), std::move(self));
    }

    template <class Self>
    void finish(Self& self) {
      const bool over = result.kind == IoResult::Kind::kClosed;
      self.complete(over ? ErrorCodeOfIo(boost::asio::error::eof) : ErrorCodeOfIo(), result.n_bytes);
    }

    // As much as goes without waiting.
    IoResult attempt() {
      IoResult all{IoResult::Kind::kMoved, 0};
      for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
           ++it) {
        const Buffer buffer(*it);
        const IoResult one = attempt(buffer);
        if (one.kind != IoResult::Kind::kMoved) return all.n_bytes > 0 ? all : one;
        all.n_bytes += one.n_bytes;
        if (one.n_bytes < buffer.size() || (kReads && one.n_bytes > 0)) break;
      }
      return all;
    }
    IoResult attempt(const Buffer& buffer) {
      if (buffer.size() == 0) return {IoResult::Kind::kMoved, 0};
      if constexpr (kReads)
        return stream->read({static_cast<char*>(buffer.data()), buffer.size()});
      else
        return stream->transport_->try_write({static_cast<const char*>(buffer.data()), buffer.size()});
    }
  };

  IoResult read(std::span<char> out) {
    if (early_.empty()) return transport_->try_read(out);
    const std::size_t n = early_.copy(out.data(), out.size());
    early_.erase(0, n);
    return {IoResult::Kind::kMoved, n};
  }

  HttpTransport* transport_;
  std::string early_;
};

}  // namespace hearth::serve
