#include "serve/web_socket_pump.h"

#include <chrono>
#include <utility>

namespace hearth::serve {
namespace {

namespace websocket = boost::beast::websocket;

constexpr std::chrono::seconds kHandshakeTime{10};  // of opening and of closing
// A client that is silent is asked whether it is still there after half of this. Longer than any answer of ours keeps
// the socket from being read.
constexpr std::chrono::seconds kSilenceTime{300};

}  // namespace

WebSocketPump::WebSocketPump(Parts parts, std::string early, std::size_t message_bytes_max)
    : parts_(std::move(parts)), stream_(parts_.transport, std::move(early)) {
  stream_.read_message_max(message_bytes_max);
  stream_.auto_fragment(false);
  stream_.text(true);
  websocket::stream_base::timeout times{};
  times.handshake_timeout = kHandshakeTime;
  times.idle_timeout = kSilenceTime;
  times.keep_alive_pings = true;
  stream_.set_option(times);
}

void WebSocketPump::start(const Upgrade& request, Headers headers) {
  stream_.set_option(
      websocket::stream_base::decorator([headers = std::move(headers)](websocket::response_type& answer) {
        for (const auto& [name, value] : headers) answer.set(name, value);
      }));
  stream_.async_accept(request, [this, kept = keep()](const boost::system::error_code& error) {
    if (error) return finish(false);
    open_ = true;
    pump();
  });
}

void WebSocketPump::pump() {
  if (!open_) return;
  if (!reading_ && parts_.channel->wants_more()) read();
  auto next = writing_ ? WebSocketChannel::Next{} : parts_.channel->take();
  if (writing_ && parts_.channel->overflowed()) next.overflow = true;
  if (next.overflow) return finish(true);
  if (next.message) return write(std::move(*next.message));
  if (next.closing && !closing_) send_close(*next.closing);
}

void WebSocketPump::read() {
  reading_ = true;
  stream_.async_read(in_,
                     [this, kept = keep()](const boost::system::error_code& error, std::size_t) { on_read(error); });
}

// Beast answers pings and closes by itself, and refuses what breaks the protocol or is too long.
void WebSocketPump::on_read(const boost::system::error_code& error) {
  reading_ = false;
  if (error) return finish(false);
  received_bytes_ += in_.size();
  if (!stream_.got_text()) {
    parts_.channel->close(CloseCode::kUnsupported, "messages here are text");
  } else {
    const auto bytes = in_.cdata();
    parts_.channel->deliver(std::string(static_cast<const char*>(bytes.data()), bytes.size()));
  }
  in_.clear();
  if (in_.capacity() > 65536) in_.shrink_to_fit();
  pump();
}

void WebSocketPump::write(std::string message) {
  writing_ = true;
  out_ = std::move(message);
  parts_.writing(true);
  stream_.async_write(boost::asio::buffer(out_),
                      [this, kept = keep()](const boost::system::error_code& error, std::size_t) {
                        writing_ = false;
                        if (error) return finish(false);
                        parts_.writing(false);
                        sent_bytes_ += out_.size();
                        parts_.channel->sent(out_.size());
                        pump();
                      });
}

void WebSocketPump::send_close(const WebSocketChannel::Closing& closing) {
  closing_ = true;
  const websocket::close_reason reason(static_cast<websocket::close_code>(closing.code), closing.reason);
  stream_.async_close(reason, [this, kept = keep()](const boost::system::error_code&) { finish(false); });
}

void WebSocketPump::finish(bool slow_reader) {
  open_ = false;
  // Once: it lets go of the connection too.
  if (const auto over = std::exchange(parts_.over, nullptr)) over(slow_reader);
}

void WebSocketPump::end() {
  open_ = false;
  parts_.over = nullptr;
  parts_.channel->end();
}

}  // namespace hearth::serve
