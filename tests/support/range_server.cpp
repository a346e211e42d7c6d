#include "support/range_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <vector>

namespace hearth::test {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

struct Connection {
  int fd = -1;
  std::string input;
};

// False when the other side is gone.
bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool send_all(int fd, const std::string& text) { return send_all(fd, text.data(), text.size()); }

std::string path_of(const std::string& request) {
  const std::size_t from = request.find(' ') + 1;
  return request.substr(from, request.find_first_of(" ?", from) - from);
}

// So that closing sends a reset instead of an end.
void make_abrupt(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

}  // namespace

RangeServer::RangeServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the test's web server can't listen on the loopback interface");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

RangeServer::~RangeServer() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void RangeServer::put(const std::string& path, Page page) {
  const std::lock_guard lock(pages_lock_);
  pages_[path] = std::move(page);
  asked_[path] = 0;
}

std::string RangeServer::url(const std::string& path, const std::string& host) const {
  return "http://" + host + ":" + std::to_string(port_) + path;
}

void RangeServer::serve() {
  std::vector<Connection> open;
  while (!stop_) {
    std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
    for (const auto& connection : open) waiting.push_back({connection.fd, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
    for (std::size_t i = open.size(); i-- > 0;) {
      if (waiting[i + 1].revents == 0) continue;
      char buffer[4096];
      const ssize_t n = ::recv(open[i].fd, buffer, sizeof(buffer), 0);
      bool keep = n > 0;
      if (keep) open[i].input.append(buffer, static_cast<std::size_t>(n));
      for (std::size_t end; keep && (end = open[i].input.find("\r\n\r\n")) != std::string::npos;) {
        keep = answer(open[i].fd, open[i].input.substr(0, end + 2));
        open[i].input.erase(0, end + 4);
      }
      if (keep) continue;
      ::close(open[i].fd);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if ((waiting[0].revents & POLLIN) == 0) continue;
    open.push_back({::accept(listener_, nullptr, nullptr), {}});
    const int at_once = 1;
    ::setsockopt(open.back().fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    ++n_connections_;
  }
  for (const auto& connection : open) ::close(connection.fd);
}

// Whether the connection stays open.
bool RangeServer::answer(int connection, const std::string& request) {
  ++n_requests_;
  Page page;
  int before = 0;
  {
    const std::lock_guard lock(pages_lock_);
    const auto found = pages_.find(path_of(request));
    if (found == pages_.end()) return send_all(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    page = found->second;
    before = asked_[found->first]++;
  }
  const auto head_only = [&](const std::string& status, const std::string& lines) {
    return send_all(connection, "HTTP/1.1 " + status + "\r\n" + lines + "Content-Length: 0\r\n\r\n");
  };
  if (before < page.unavailable_first) return head_only("503 Busy", page.more_head);
  if (before < page.unavailable_first + page.reset_first) {
    make_abrupt(connection);
    return false;
  }
  if (!page.location.empty()) return head_only("302 Found", "Location: " + page.location + "\r\n");
  if (page.status != 0) return head_only(std::to_string(page.status) + " As told", page.more_head);
  std::size_t first = 0, last = 0;
  const std::size_t at = request.find("Range: bytes=");
  const bool part = page.knows_ranges && at != std::string::npos &&
                    std::sscanf(request.c_str() + at, "Range: bytes=%zu-%zu", &first, &last) == 2;
  if (part && first >= page.body.size()) return head_only("416 Range Not Satisfiable", "");
  const std::string body = part ? page.body.substr(first, last - first + 1) : page.body;
  std::string head = part ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n";
  if (part)
    head += "Content-Range: bytes " + std::to_string(first + page.shift) + "-" +
            std::to_string(first + page.shift + body.size() - 1) + "/" +
            std::to_string(page.claimed_size > 0 ? page.claimed_size : page.body.size()) + "\r\n";
  head += "ETag: " + (before > 0 && !page.next_entity_tag.empty() ? page.next_entity_tag : page.entity_tag) + "\r\n";
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n" + page.more_head + "\r\n";
  const std::size_t n = page.stalls ? 0 : std::min(body.size(), page.bytes_max);
  // Counted before it is sent, so that a client that has it all finds it counted; in pieces, so that one that stops
  // early doesn't.
  if (!send_all(connection, head)) return false;
  for (std::size_t from = 0; from < n; from += kPiece) {
    const std::size_t size = std::min(kPiece, n - from);
    sent_bytes_ += size;
    if (!send_all(connection, body.data() + from, size)) return false;
  }
  return page.stalls || n == body.size();
}

}  // namespace hearth::test
