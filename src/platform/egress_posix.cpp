#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>

#include "platform/egress.h"
#include "platform/os_error.h"

namespace hearth {
namespace {

using Clock = std::chrono::steady_clock;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// False when `text` is no numeric address.
bool parse_address(const std::string& text, std::uint16_t port, Address& out) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    out.size = sizeof(v4);
    return true;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return false;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  out.size = sizeof(v6);
  return true;
}

bool is_loopback(const Address& address) {
  if (address.storage.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr) >> 24U) == 127;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool is_localhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  return std::ranges::equal(host, kName,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

Result<FileDescriptor> open_socket(int family) {
  FileDescriptor fd(::socket(family, SOCK_STREAM, 0));
  if (!fd) return fail(os_error("open", "socket", errno));
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return fd;
}

// Connects within the time left until `give_up_at`. `where` is for the error.
Result<FileDescriptor> connect_socket(const Address& address, const std::string& where, Clock::time_point give_up_at) {
  HEARTH_ASSIGN(fd, open_socket(address.storage.ss_family));
  int error = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 ? 0 : errno;
  while (error == EINPROGRESS || error == EINTR) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at - Clock::now()).count();
    pollfd entry{fd.get(), POLLOUT, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (ready == 0)
      return fail(ErrorCode::kDeadlineExceeded, "no answer from " + where + " in time",
                  "check the address and the network");
    if (ready < 0) continue;  // interrupted
    socklen_t size = sizeof(error);
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) return fd;
  return fail(ErrorCode::kUnavailable, "can't connect to " + where + ": " + std::strerror(error),
              "check that it runs and can be reached");
}

Result<std::vector<std::string>> addresses_of(const std::string& host, const EgressPolicy& policy) {
  Address numeric;
  if (parse_address(host, 1, numeric)) return std::vector<std::string>{host};
  if (is_localhost(host)) return std::vector<std::string>{"127.0.0.1", "::1"};
  if (policy.counts != nullptr) ++policy.counts->n_lookups;
  SystemResolver system;
  return (policy.resolver == nullptr ? static_cast<NameResolver*>(&system) : policy.resolver)->resolve(host);
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (is_localhost(host)) return true;
  Address address;
  return parse_address(std::string(host), 1, address) && is_loopback(address);
}

Result<std::vector<std::string>> SystemResolver::resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, &::freeaddrinfo);
  if (code == EAI_NONAME) return fail(ErrorCode::kNotFound, "there is no host '" + host + "'", "check the name");
  if (code != 0)
    return fail(ErrorCode::kUnavailable, "can't look up '" + host + "': " + ::gai_strerror(code), "check the network");
  std::vector<std::string> found;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0)
      found.emplace_back(text);
  }
  if (found.empty()) return fail(ErrorCode::kNotFound, "the host '" + host + "' has no address", "check the name");
  return found;
}

Result<FileDescriptor> connect_to(const std::string& host, std::uint16_t port, const EgressPolicy& policy) {
  if (policy.counts != nullptr) ++policy.counts->n_attempts;
  if (host.empty() || port == 0)
    return fail(ErrorCode::kInvalidArgument, "can't connect to '" + host + "', port " + std::to_string(port),
                "give a host and a port from 1 to 65535");
  if (policy.airgap && !is_loopback(host)) {
    if (policy.counts != nullptr) ++policy.counts->n_denied;
    return fail(Error(ErrorCode::kForbidden, "a connection to '" + host + "' was denied: hearth is offline (airgap)",
                      "allow the network, or use what is on this machine")
                    .with("host", host));
  }
  const auto give_up_at = Clock::now() + policy.connect_timeout;
  HEARTH_ASSIGN(addresses, addresses_of(host, policy));
  Error last(ErrorCode::kNotFound, "the host '" + host + "' has no address", "check the name");
  for (const std::string& text : addresses) {
    Address address;
    if (!parse_address(text, port, address)) continue;  // a scoped address, which needs an interface's name
    auto connected = connect_socket(address, "'" + host + "' (" + text + "), port " + std::to_string(port), give_up_at);
    if (connected) return connected;
    last = std::move(connected).error();
  }
  return fail(std::move(last));
}

Result<FileDescriptor> connect_to_unix_socket(const std::filesystem::path& path, const EgressPolicy& policy) {
  if (policy.counts != nullptr) ++policy.counts->n_attempts;
  Address address;
  auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
  const std::string text = path.string();
  if (text.empty() || text.size() >= sizeof(local.sun_path))
    return fail(ErrorCode::kInvalidArgument,
                "the socket path '" + text + "' has " + std::to_string(text.size()) + " bytes",
                "give one of 1 to " + std::to_string(sizeof(local.sun_path) - 1) + " bytes");
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, text.c_str(), text.size() + 1);
  address.size = sizeof(local);
  return connect_socket(address, "'" + text + "'", Clock::now() + policy.connect_timeout);
}

}  // namespace hearth
