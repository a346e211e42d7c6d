// What the server does with clients that are wrong, slow, greedy or many.
#include <gtest/gtest.h>

#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

using std::chrono::milliseconds;

class ServerLimits : public ServerFixture {
 protected:
  void expect_others_unharmed() {
    auto user = client();
    EXPECT_EQ(user.ask(http_request("GET", "/hello")).body, "hello");
  }
  void expect_rejected(const std::string& reason) {
    const std::string line = "hearth_http_rejected_total{reason=\"" + reason + "\"} ";
    EXPECT_TRUE(eventually([&] { return metrics.prometheus_text().find(line) != std::string::npos; })) << reason;
  }
};

TEST_F(ServerLimits, a_body_of_ten_mib_is_refused_by_name) {
  start();
  const std::string body(std::size_t{10} << 20U, 'x');
  for (const bool chunked : {false, true}) {
    auto user = client();
    const std::string head = chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 10485760\r\n";
    user.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + head + "\r\n" + (chunked ? "a00000\r\n" : "") + body);
    const auto response = user.read_response();
    EXPECT_EQ(response.status, 413U);
    EXPECT_NE(response.body.find("\"code\":\"body_too_large\""), std::string::npos) << response.body;
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_TRUE(user.closes_within(milliseconds(5000)));
  }
  expect_rejected("too_large");
  expect_others_unharmed();
}

TEST_F(ServerLimits, a_body_at_the_bound_is_taken) {
  HttpServerOptions options;
  options.limits.body_bytes = 100'000;
  start(std::move(options));
  auto user = client();
  EXPECT_EQ(user.ask(http_request("POST", "/echo", std::string(100'000, 'y'))).body.size(), 100'000U);
  const auto refused = user.ask(http_request("POST", "/echo", std::string(100'001, 'y')));
  EXPECT_EQ(refused.status, 413U);
  EXPECT_NE(refused.body.find("100000 bytes"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("body_too_large"), std::string::npos) << refused.body;
}

TEST_F(ServerLimits, all_bodies_together_are_bounded) {
  HttpServerOptions options;
  options.limits.all_bodies_bytes = 100'000;
  start(std::move(options));
  auto first = client(), second = client();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n";
  first.send(head + std::string(60'000, 'a'));
  expect_others_unharmed();  // by now the server has read what was sent before
  second.send(head + std::string(60'000, 'b'));
  const auto refused = second.read_response();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_NE(refused.body.find("bodies_too_large"), std::string::npos);
  first.send(std::string(10'000, 'a'));
  EXPECT_EQ(first.read_response().body.size(), 70'000U);
  auto third = client();
  EXPECT_EQ(third.ask(http_request("POST", "/echo", std::string(90'000, 'c'))).body.size(), 90'000U);
}

TEST_F(ServerLimits, long_headers_are_refused_by_name) {
  start();
  for (const std::string& extra : {"x: " + std::string(40'000, 'a') + "\r\n", std::string(40'000, 'b')}) {
    auto user = client();
    user.send("GET /hello HTTP/1.1\r\nHost: h\r\n" + extra + "\r\n\r\n");
    const auto response = user.read_response();
    EXPECT_EQ(response.status, 431U);
    EXPECT_NE(response.body.find("headers_too_large"), std::string::npos);
  }
  expect_others_unharmed();
}

TEST_F(ServerLimits, what_is_no_http_gets_400_and_the_end) {
  start();
  for (const std::string text :
       {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    auto user = client();
    user.send(text);
    const auto response = user.read_response();
    EXPECT_EQ(response.status, 400U) << text;
    EXPECT_NE(response.body.find("\"error\""), std::string::npos);
    EXPECT_TRUE(user.closes_within(milliseconds(5000))) << text;
  }
  auto user = client();
  user.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(user.read_response().status, 501U);
  expect_rejected("malformed");
  expect_others_unharmed();
}

TEST_F(ServerLimits, broken_utf8_and_zeros_reach_the_handler_untouched) {
  start();
  auto user = client();
  const std::string body("\xFF\xFE\x00{\xC3", 5);
  EXPECT_EQ(user.ask(http_request("POST", "/echo", body)).body, body);
}

TEST_F(ServerLimits, chunked_bodies_come_in_any_pieces) {
  start();
  auto user = client();
  const std::string text =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n"
      "0\r\nTrailer: x\r\n\r\n";
  for (const char c : text) {
    user.send({&c, 1});
    std::this_thread::yield();
  }
  EXPECT_EQ(user.read_response().body, "hello world");
  EXPECT_EQ(user.ask(text).body, "hello world");
}

TEST_F(ServerLimits, who_asks_first_is_told_to_go_on_or_why_not) {
  start();
  auto user = client();
  user.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(user.read_through("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  user.send("abc");
  EXPECT_EQ(user.read_response().body, "abc");
  user.send("POST /nowhere HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(user.read_response().status, 404U);
}

TEST_F(ServerLimits, refused_requests_with_short_bodies_keep_the_connection) {
  start();
  auto user = client();
  EXPECT_EQ(user.ask(http_request("POST", "/nowhere", "body")).status, 404U);
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).body, "hello");
  EXPECT_EQ(user.ask(http_request("POST", "/nowhere", std::string(100'000, 'x'))).headers.at("connection"), "close");
}

TEST_F(ServerLimits, slow_requests_end_in_time) {
  HttpServerOptions options;
  options.limits.header_timeout = options.limits.body_timeout = options.limits.idle_timeout = milliseconds(80);
  start(std::move(options));
  auto in_head = client(), in_body = client(), idle = client();
  in_body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  // A byte now and then does not put the end off.
  bool open = in_head.send("GET /hello HTTP/1.1\r\n");
  for (int i = 0; i < 200 && open; ++i) {
    open = in_head.send("a");
    open = open && !wait_ready(in_head.fd(), Readiness::kReadable, 2);
  }
  EXPECT_EQ(in_head.read_response().status, 408U);
  const auto late = in_body.read_response();
  EXPECT_EQ(late.status, 408U);
  EXPECT_NE(late.body.find("request_timeout"), std::string::npos);
  EXPECT_TRUE(idle.closes_within(milliseconds(5000)));
  expect_rejected("timeout");
  expect_others_unharmed();
}

TEST_F(ServerLimits, a_client_that_never_reads_is_cut_off_and_others_are_not) {
  HttpServerOptions options;
  options.limits.output_bytes = 64 << 10;
  start(std::move(options));
  auto reader = client(), sleeper = client();
  sleeper.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  reader.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 2; }));
  const auto slow = held_at(0), quick = held_at(1);
  std::atomic<bool> told = false;
  slow->on_disconnect([&told] { told = true; });
  slow->start_stream("text/event-stream", {});
  quick->start_stream("text/event-stream", {});
  const std::string piece(4096, 'z');
  std::size_t n_pieces = 0;
  while (slow->write(piece) && n_pieces < 100'000) {
    if (++n_pieces % 16 == 0) std::this_thread::sleep_for(milliseconds(1));  // what the socket takes, it may take
  }
  EXPECT_LT(n_pieces, 100'000U);
  EXPECT_TRUE(eventually([&] { return told.load(); }));
  expect_rejected("slow_reader");
  EXPECT_TRUE(quick->write("still here"));
  EXPECT_FALSE(reader.read_through("still here").empty());
  quick->end_stream();
}

TEST_F(ServerLimits, a_write_that_makes_no_way_ends_in_time) {
  HttpServerOptions options;
  options.limits.write_timeout = milliseconds(80);
  start(std::move(options));
  auto sleeper = client();
  sleeper.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  held_at(0)->respond({200, "text/plain", std::string(std::size_t{64} << 20U, 'q'), {}});
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
  expect_rejected("slow_reader");
}

TEST_F(ServerLimits, more_connections_than_allowed_are_closed) {
  HttpServerOptions options;
  options.limits.connections = 2;
  start(std::move(options));
  auto first = client(), second = client();
  EXPECT_EQ(first.ask(http_request("GET", "/hello")).status, 200U);
  EXPECT_EQ(second.ask(http_request("GET", "/hello")).status, 200U);
  auto third = client();
  EXPECT_TRUE(third.closes_within(milliseconds(5000)));
  first.close();
  ASSERT_TRUE(eventually([this] { return server->n_connections() == 1; }));
  expect_others_unharmed();
}

TEST_F(ServerLimits, requests_ahead_of_their_turn_are_bounded) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  // Far more than the server reads ahead: what it does not take stays in the client's socket.
  std::thread flood([&user] {
    for (int i = 0; i < 4000; ++i) user.send(http_request("POST", "/echo", std::string(1000, 'f')));
  });
  held_at(0)->respond({200, "text/plain", "first", {}});
  EXPECT_EQ(user.read_response().body, "first");
  for (int i = 0; i < 4000; ++i) ASSERT_EQ(user.read_response().body.size(), 1000U) << i;
  flood.join();
}

TEST_F(ServerLimits, old_clients_are_served_their_way) {
  start();
  auto user = client();
  user.send("GET /stream/3 HTTP/1.0\r\n\r\n");
  const auto response = user.read_response();
  EXPECT_EQ(response.body, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  EXPECT_FALSE(response.headers.contains("transfer-encoding"));
  auto kept = client();
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.at("connection"), "keep-alive");
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(kept.closes_within(milliseconds(5000)));
}

}  // namespace
}  // namespace hearth::serve
