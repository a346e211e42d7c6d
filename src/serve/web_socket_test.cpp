// WebSockets over the server, with a client of Boost.Beast's.
#include "serve/web_socket.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "serve/server_fixture.h"
#include "serve/tls_fixture.h"
#include "serve/web_socket_channel.h"
#include "serve/web_socket_client.h"

namespace hearth::serve {
namespace {

using ::testing::HasSubstr;
using SocketPtr = std::shared_ptr<WebSocket>;

class WebSockets : public ::testing::Test {
 protected:
  // "/echo" sends back what comes, "/flood" as much as its path says, "/deaf" takes nothing until it is told to; all
  // but
  // "/refused" open.
  std::vector<Route> routes() {
    std::vector<Route> out;
    out.push_back(socket_route("/echo", [](const SocketPtr& socket) {
      for (std::string message; socket->receive(message);) {
        if (message == "close") socket->close(CloseCode::kPolicy, std::string(200, 'r'));
        (void)socket->send(message);
      }
    }));
    out.push_back(socket_route("/flood", [this](const SocketPtr& socket) {
      std::string message;
      while (socket->receive(message)) {
        while (socket->send(std::string(100'000, 'x'))) ++n_flooded;
      }
    }));
    out.push_back(socket_route("/paced", [this](const SocketPtr& socket) {
      std::string message;
      (void)socket->receive(message);
      while (n_flooded < 400 && socket->wait_for_room() && socket->send(std::string(100'000, 'x'))) ++n_flooded;
      socket->close(CloseCode::kNormal, "done");
    }));
    out.push_back(socket_route("/deaf", [this](const SocketPtr& socket) {
      while (!hears) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      for (std::string message; socket->receive(message);) n_heard += message.size();
    }));
    out.push_back(socket_route("/refused", [](const SocketPtr&) {}));
    sockets_.back().admit = [](const HttpRequest&) -> Status {
      return fail(ErrorCode::kOverloaded, "there are too many");
    };
    return out;
  }

  Route socket_route(const std::string& path, std::function<void(const SocketPtr&)> serve) {
    Route route = test_route("GET", path, [](const std::shared_ptr<Exchange>& exchange) {
      exchange->respond({200, "text/plain", "no socket", {}});
    });
    sockets_.push_back({path, [](const HttpRequest&) { return Status(); },
                        [this, serve = std::move(serve)](SocketPtr socket) {
                          const std::lock_guard lock(gate);
                          threads.emplace_back([serve, socket = std::move(socket)] { serve(socket); });
                        },
                        "talk"});
    return route;
  }

  void start(HttpServerOptions options = {}, ApiKeys* keys = nullptr) {
    auto table = routes();
    auto started = HttpServer::start(std::move(options), std::move(table), {logger, metrics, keys, {}, sockets_});
    ASSERT_TRUE(started) << to_string(started.error());
    server = std::move(*started);
  }
  void TearDown() override {
    hears = true;
    server.reset();
    for (auto& thread : threads) thread.join();
  }
  [[nodiscard]] WebSocketTarget target(std::string path) const { return {server->port(), std::move(path), false, {}}; }

  std::vector<WebSocketRoute> sockets_;
  LogRecorder logger;
  MetricsRegistry metrics;
  std::unique_ptr<HttpServer> server;
  std::mutex gate;
  std::vector<std::thread> threads;
  std::atomic<int> n_flooded{0};
  std::atomic<bool> hears{false};
  std::atomic<std::size_t> n_heard{0};
};

TEST_F(WebSockets, carry_messages_both_ways) {
  start();
  WebSocketClient client(target("/echo?x=1"));
  ASSERT_EQ(client.status(), 101U);
  for (const std::size_t n : {0UL, 1UL, 125UL, 126UL, 65'535UL, 65'536UL, 1'000'000UL}) {
    const std::string message(n, 'm');
    ASSERT_TRUE(client.send(message));
    EXPECT_EQ(client.receive(), message);
  }
  client.close();
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
  EXPECT_TRUE(eventually([this] { return !logger.lines().empty(); }));
  EXPECT_THAT(logger.lines().back(), HasSubstr("\"status\":101"));
}

TEST_F(WebSockets, work_under_tls) {
  HttpServerOptions options;
  const auto folder = std::filesystem::temp_directory_path() / ("hearth-ws-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  options.tls = TlsFiles{folder / "certificate.pem", folder / "key.pem"};
  make_certificate(*options.tls);
  start(options);
  WebSocketTarget under_tls = target("/echo");
  under_tls.tls = true;
  WebSocketClient client(under_tls);
  ASSERT_EQ(client.status(), 101U);
  for (const std::size_t n : {1UL, 40'000UL, 1'000'000UL}) {
    const std::string message(n, 'm');
    ASSERT_TRUE(client.send(message));
    EXPECT_EQ(client.receive(), message);
  }
  client.close();
  std::filesystem::remove_all(folder);
}

TEST_F(WebSockets, agree_to_a_subprotocol_that_is_offered) {
  start();
  WebSocketTarget offered = target("/echo");
  offered.headers["Sec-WebSocket-Protocol"] = "other, talk";
  EXPECT_EQ(WebSocketClient(offered).subprotocol(), "talk");
  offered.headers["Sec-WebSocket-Protocol"] = "other, talker";
  EXPECT_EQ(WebSocketClient(offered).subprotocol(), "");
}

TEST_F(WebSockets, take_a_key_as_a_header_or_from_a_page) {
  FakeClock clock;
  const NewKey key = make_key("page", {}).value();
  ApiKeys keys({key.record}, clock);
  start({}, &keys);
  WebSocketTarget asking = target("/echo");
  EXPECT_EQ(WebSocketClient(asking).status(), 401U);
  asking.headers["Sec-WebSocket-Protocol"] = "talk, openai-insecure-api-key." + key.clear + ", other";
  WebSocketClient page(asking);
  EXPECT_EQ(page.status(), 101U);
  EXPECT_EQ(page.subprotocol(), "talk");
  asking.headers = {{"Authorization", "Bearer " + key.clear}};
  EXPECT_EQ(WebSocketClient(asking).status(), 101U);
  asking.headers = {{"Sec-WebSocket-Protocol", "openai-insecure-api-key.wrong"}};
  EXPECT_EQ(WebSocketClient(asking).status(), 401U);
  page.close();
  server.reset();  // before the keys
}

TEST_F(WebSockets, are_refused_as_requests_are) {
  start();
  EXPECT_EQ(WebSocketClient(target("/refused")).status(), 429U);
  EXPECT_EQ(WebSocketClient(target("/nowhere")).status(), 404U);
  WebSocketTarget foreign = target("/echo");
  foreign.headers["Origin"] = "https://elsewhere.example";
  EXPECT_EQ(WebSocketClient(foreign).status(), 403U);
  RawHttpClient plain(server->port());
  ASSERT_TRUE(plain.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(plain.read_response().body, "no socket");
  // The same connection can still ask for a socket.
  ASSERT_TRUE(
      plain.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  EXPECT_THAT(plain.read_through("\r\n\r\n"), HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST_F(WebSockets, take_what_comes_right_behind_the_request) {
  start();
  RawHttpClient client(server->port());
  // The frame of RFC 6455, section 5.7: "Hello", masked.
  const std::string hello("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  ASSERT_TRUE(
      client.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
                  hello));
  EXPECT_THAT(client.read_through("Hello"), HasSubstr("Hello"));
}

TEST_F(WebSockets, end_with_a_code_that_says_why) {
  HttpServerOptions options;
  options.limits.body_bytes = 1000;
  start(options);
  WebSocketClient large(target("/echo"));
  (void)large.send(std::string(1001, 'm'));
  EXPECT_EQ(large.receive(), std::nullopt);
  EXPECT_EQ(large.close_code(), 1009U);
  WebSocketClient binary(target("/echo"));
  (void)binary.send("bytes", true);
  EXPECT_EQ(binary.receive(), std::nullopt);
  EXPECT_EQ(binary.close_code(), 1003U);
  WebSocketClient broken(target("/echo"));
  (void)broken.send("no UTF-8: \xff");
  EXPECT_EQ(broken.receive(), std::nullopt);
  EXPECT_EQ(broken.close_code(), 1007U);
  WebSocketClient closed(target("/echo"));
  ASSERT_TRUE(closed.send("close"));
  EXPECT_EQ(closed.receive(), std::nullopt);
  EXPECT_EQ(closed.close_code(), 1008U);
  WebSocketClient drained(target("/echo"));
  std::thread drain([this] { EXPECT_TRUE(server->drain(std::chrono::seconds(60))); });
  EXPECT_EQ(drained.receive(), std::nullopt);
  EXPECT_EQ(drained.close_code(), 1001U);
  drain.join();
}

TEST_F(WebSockets, cut_off_a_client_that_does_not_read) {
  start();
  WebSocketClient client(target("/flood"));
  ASSERT_TRUE(client.send("go"));
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
  EXPECT_LT(n_flooded, 1000);  // 8 MiB of ours and what the system holds
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("slow_reader"));
}

TEST_F(WebSockets, let_whoever_makes_much_wait_for_room) {
  start();
  WebSocketClient client(target("/paced"));
  ASSERT_TRUE(client.send("go"));
  int n = 0;
  while (client.receive()) ++n;
  EXPECT_EQ(n, 400);  // 40 MB went through 8 MiB
  EXPECT_EQ(client.close_code(), 1000U);
}

TEST_F(WebSockets, hold_back_what_is_not_heard_yet) {
  start();
  WebSocketClient client(target("/deaf"));
  constexpr std::size_t kMessages = 100;
  std::atomic<std::size_t> n_sent{0};
  std::thread sender([&] {
    while (n_sent < kMessages && client.send(std::string(500'000, 'm'))) ++n_sent;
  });
  EXPECT_TRUE(eventually([&] { return n_sent > 0; }));
  hears = true;
  sender.join();
  EXPECT_EQ(n_sent, kMessages);
  EXPECT_TRUE(eventually([&] { return n_heard == kMessages * 500'000; }));
}

TEST(WebSocketChannels, hold_no_more_than_their_bounds) {
  int n_woken = 0;
  WebSocketChannel channel({}, {.received_bytes = 10, .unsent_bytes = 10}, [&] { ++n_woken; });
  channel.deliver("12345");
  EXPECT_TRUE(channel.wants_more());
  channel.deliver("67890");
  EXPECT_FALSE(channel.wants_more());
  std::string message;
  EXPECT_TRUE(channel.receive(message));
  EXPECT_EQ(message, "12345");
  EXPECT_TRUE(channel.wants_more());
  EXPECT_EQ(n_woken, 1);  // to read on
  EXPECT_TRUE(channel.send("longer than that, but alone"));
  EXPECT_FALSE(channel.send("x"));
  EXPECT_TRUE(channel.overflowed());
  EXPECT_FALSE(channel.wait_for_room());
  channel.end();
  EXPECT_TRUE(channel.receive(message));  // what came before the end
  EXPECT_FALSE(channel.receive(message));
}

TEST(WebSocketChannels, close_behind_what_was_queued) {
  WebSocketChannel channel({}, {}, [] {});
  EXPECT_TRUE(channel.send("last"));
  channel.close(CloseCode::kPolicy, std::string(122, 'r') + "\u00e9");
  EXPECT_FALSE(channel.send("more"));
  EXPECT_EQ(channel.take().message, "last");
  const auto next = channel.take();
  ASSERT_TRUE(next.closing);
  EXPECT_EQ(next.closing->code, CloseCode::kPolicy);
  EXPECT_EQ(next.closing->reason, std::string(122, 'r'));  // no half of a character
}

}  // namespace
}  // namespace hearth::serve
