// Requests gone wrong, the same ones in every run: for tests of the server.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "serve/raw_http_client.h"

namespace hearth::serve {

// Externally synchronised.
class MalformedRequests {
 public:
  explicit MalformedRequests(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text(kSound[below(kSound.size())]);
    if (below(4) == 0) text += kSound[below(kSound.size())];
    for (std::size_t i = below(6); i < 6; ++i) change(text);
    return text;
  }

  std::size_t below(std::size_t n) { return random_() % n; }

 private:
  static constexpr std::array<std::string_view, 8> kSound{
      "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "GET /stream/5?a=%20b&c=d HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n",
      "OPTIONS /echo HTTP/1.1\r\nHost: h\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
      "HEAD /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET /%68ello HTTP/1.1\r\nHost: h\r\ntraceparent: "
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nAuthorization: Bearer x\r\n\r\n"};
  static constexpr std::array<std::string_view, 14> kOdd{"\r\n",
                                                         "\n",
                                                         "\r",
                                                         ":",
                                                         " ",
                                                         "%",
                                                         std::string_view("\0", 1),
                                                         "\xFF\xFE",
                                                         "Content-Length: 99999999999999999999\r\n",
                                                         "Content-Length: -1\r\n",
                                                         "Transfer-Encoding: gzip, chunked\r\n",
                                                         "ffffffffffffffff\r\n",
                                                         "HTTP/1.1",
                                                         "\t"};

  void change(std::string& text) {
    const std::size_t at = text.empty() ? 0 : below(text.size());
    const std::size_t n = 1 + below(12);
    switch (below(6)) {
      case 0: text.insert(at, kOdd[below(kOdd.size())]); break;
      case 1: text.erase(at, n); break;
      case 2: text.insert(at, text.substr(at, n)); break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, below(50) == 0 ? 40'000 : n, static_cast<char>(below(256))); break;
      default:
        if (!text.empty()) text[at] = static_cast<char>(below(256));
    }
  }

  std::mt19937 random_;
};

// Sends `n` of them, each over a connection of its own and in a few pieces; reads what comes to some. Returns how many
// answers were no answer of HTTP.
inline int send_malformed(std::uint16_t port, int n, unsigned seed) {
  MalformedRequests requests(seed);
  int n_wrong = 0;
  for (int i = 0; i < n; ++i) {
    const std::string text = requests.next();
    RawHttpClient client(port);
    const std::size_t cut = text.empty() ? 0 : requests.below(text.size());
    client.send(std::string_view(text).substr(0, cut));
    client.send(std::string_view(text).substr(cut));
    if (requests.below(8) != 0 || !client.receive(20)) continue;
    const auto first = client.read_through("\r\n", 20);
    n_wrong += !first.empty() && !first.starts_with("HTTP/1.1 ");
  }
  return n_wrong;
}

}  // namespace hearth::serve
