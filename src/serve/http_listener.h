// Sockets that wait for clients. Internal to the server.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "serve/http_options.h"

namespace hearth::serve {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

struct HttpListener {
  Acceptor acceptor;
  bool is_unix = false;
  bool owns_path = false;  // made the socket's file, and removes it at the end
  std::string where;       // "127.0.0.1:8080", "[::1]:8080", or the path
  std::uint16_t port = 0;  // 0 of Unix sockets
};

// All that the options ask for: TCP, Unix, inherited. InvalidArgument: a host that is no numeric address, a path too
// long, an inherited descriptor that is no listening socket, or nothing to listen on; Unavailable: the address is taken
// (a Unix socket nobody answers on is replaced); PermissionDenied.
[[nodiscard]] Result<std::vector<HttpListener>> open_listeners(boost::asio::io_context& io,
                                                               const HttpServerOptions& options);

}  // namespace hearth::serve
