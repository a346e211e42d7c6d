#include "serve/http_listener.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include "platform/egress.h"
#include "platform/os_error.h"

namespace hearth::serve {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;

Unexpected cant_listen(const std::string& where, const error_code& error) {
  if (error == asio::error::address_in_use)
    return fail(ErrorCode::kUnavailable, "can't listen on '" + where + "': the address is taken",
                "end the program that has it, or choose another with --port");
  if (error == boost::system::errc::address_not_available)
    return fail(ErrorCode::kInvalidArgument, "can't listen on '" + where + "': this machine has no such address",
                "give one of its addresses, 127.0.0.1, or 0.0.0.0 for all");
  return fail(os_error("listen on", where, error.value()));
}

std::string shown(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Result<HttpListener> listen_tcp(asio::io_context& io, const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error)
    return fail(ErrorCode::kInvalidArgument, "the host '" + host + "' is no numeric address",
                "give one like 127.0.0.1, ::1 or 0.0.0.0, or localhost");
  const asio::ip::tcp::endpoint endpoint(address, port);
  asio::ip::tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  const auto bound = error ? endpoint : acceptor.local_endpoint(error);
  if (error) return cant_listen(shown(endpoint), error);
  const stream_protocol protocol(bound.protocol().family(), IPPROTO_TCP);
  return HttpListener{Acceptor(io, protocol, acceptor.release()), false, false, shown(bound), bound.port()};
}

// Removes the socket that a server which ended badly left behind. Unavailable: somebody answers on it.
Status clear_stale_socket(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_socket(path, ignored)) return {};
  EgressPolicy policy;
  policy.connect_timeout = std::chrono::milliseconds(500);
  if (connect_to_unix_socket(path, policy))
    return fail(ErrorCode::kUnavailable, "can't listen on '" + path.string() + "': another server answers there",
                "end it, or choose another path");
  std::filesystem::remove(path, ignored);
  return {};
}

Result<HttpListener> listen_unix(asio::io_context& io, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path))
    return fail(ErrorCode::kInvalidArgument,
                "the socket path '" + path + "' has " + std::to_string(path.size()) + " bytes",
                "give one of at most " + std::to_string(sizeof(sockaddr_un{}.sun_path) - 1) + " bytes");
  HEARTH_TRY(clear_stale_socket(path));
  error_code error;
  asio::local::stream_protocol::acceptor acceptor(io);
  acceptor.open({}, error);
  if (!error) acceptor.bind(path, error);
  if (error) return cant_listen(path, error);
  // Before listen(): nobody can have connected while others still might.
  std::error_code denied;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, denied);
  if (denied) return fail(os_error("set the mode of", path, denied.value()));
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cant_listen(path, error);
  return HttpListener{Acceptor(io, stream_protocol(AF_UNIX, 0), acceptor.release()), true, true, path, 0};
}

Result<HttpListener> take_inherited(asio::io_context& io, int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  int listens = 0;
  socklen_t listens_size = sizeof(listens);
  const bool good = ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
                    ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 && listens == 1;
  if (!good)
    return fail(ErrorCode::kInvalidArgument,
                "the inherited descriptor " + std::to_string(fd) + " is no listening socket",
                "check the socket unit: ListenStream with Accept=no");
  const int family = address.ss_family;
  HttpListener out{Acceptor(io, stream_protocol(family, 0), fd), family == AF_UNIX, false, {}, 0};
  if (out.is_unix) {
    out.where = reinterpret_cast<const sockaddr_un&>(address).sun_path;
  } else {
    asio::ip::tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), &address, std::min<std::size_t>(size, endpoint.capacity()));
    out.where = shown(endpoint);
    out.port = endpoint.port();
  }
  return out;
}

}  // namespace

Result<std::vector<HttpListener>> open_listeners(asio::io_context& io, const HttpServerOptions& options) {
  std::vector<HttpListener> out;
  for (const int fd : options.inherited_sockets) {
    HEARTH_ASSIGN(listener, take_inherited(io, fd));
    out.push_back(std::move(listener));
  }
  if (options.port) {
    HEARTH_ASSIGN(listener, listen_tcp(io, options.host, *options.port));
    out.push_back(std::move(listener));
  }
  if (!options.unix_socket.empty()) {
    HEARTH_ASSIGN(listener, listen_unix(io, options.unix_socket));
    out.push_back(std::move(listener));
  }
  if (out.empty())
    return fail(ErrorCode::kInvalidArgument, "the server has nothing to listen on", "give a port or a Unix socket");
  return out;
}

}  // namespace hearth::serve
