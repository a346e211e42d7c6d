#include <algorithm>
#include <utility>

#include "serve/connection.h"
#include "serve/http_error.h"
#include "serve/web_socket_pump.h"

namespace hearth::serve {
namespace {

// One of a list's values, told by commas (RFC 9110, section 5.6.1).
bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    one = one.substr(0, one.find_last_not_of(' ') + 1);
    if (one == wanted) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

// The request asks for a WebSocket and gets one, unless its handler refuses it.
void Connection::open_web_socket(const WebSocketRoute& route, ErrorForm errors, const Upgrade& upgrade) {
  if (const Status fit = route.admit(request_); !fit) return answer_->respond(error_response(fit.error(), errors));
  phase_ = Phase::kSocket;
  Headers headers{{"x-request-id", request_.id}};
  if (lists(request_.header("sec-websocket-protocol"), route.subprotocol))
    headers.emplace_back("Sec-WebSocket-Protocol", route.subprotocol);
  const HttpLimits& limits = core_->options.limits;
  WebSocketBounds bounds;
  bounds.unsent_bytes = std::max(bounds.unsent_bytes, limits.output_bytes);
  const auto channel =
      std::make_shared<WebSocketChannel>(std::exchange(request_, {}), bounds, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->core_->wakes.push(weak);
      });
  WebSocketPump::Parts parts{*transport_, channel, weak_from_this(), nullptr, nullptr};
  parts.writing = [this](bool writes) {
    if (writes)
      set_deadline(core_->options.limits.write_timeout);
    else
      clear_deadline();
  };
  parts.over = [this](bool slow_reader) {
    if (slow_reader) core_->metrics.rejected("slow_reader");
    on_client_gone();
  };
  web_socket_ = std::make_shared<WebSocketPump>(std::move(parts), std::exchange(in_, {}), limits.body_bytes);
  web_socket_->start(upgrade, std::move(headers));
  route.open(channel);
}

void Connection::end_web_socket() {
  web_socket_->end();
  record_.received_bytes = web_socket_->received_bytes();
  record_.sent_bytes = web_socket_->sent_bytes();
}

}  // namespace hearth::serve
