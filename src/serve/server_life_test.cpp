// Starting, addresses, draining and stopping.
#include <gtest/gtest.h>

#include <filesystem>

#include "serve/server_fixture.h"
#include "serve/trace_context.h"

namespace hearth::serve {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

class ServerLife : public ServerFixture {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hearth-serve-XXXXXX";
    folder = ::mkdtemp(name);
  }
  void TearDown() override {
    ServerFixture::TearDown();
    fs::remove_all(folder);
  }
  Result<std::unique_ptr<HttpServer>> try_start(HttpServerOptions options) {
    return HttpServer::start(std::move(options), routes(), {logger, metrics, nullptr, {}});
  }
  fs::path folder;
};

TEST_F(ServerLife, says_where_it_listens) {
  HttpServerOptions options;
  options.unix_socket = (folder / "s").string();
  start(std::move(options));
  ASSERT_EQ(server->urls().size(), 2U);
  EXPECT_EQ(server->urls()[0], "http://127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(server->urls()[1], "unix:" + (folder / "s").string());
}

TEST_F(ServerLife, unix_sockets_are_for_their_owner_and_go_with_the_server) {
  HttpServerOptions options;
  options.port.reset();
  options.unix_socket = (folder / "s").string();
  start(options);
  EXPECT_EQ(fs::status(folder / "s").permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
  RawHttpClient user(folder / "s");
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).body, "hello");
  EXPECT_EQ(try_start(options).error().code, ErrorCode::kUnavailable);
  server.reset();
  EXPECT_FALSE(fs::exists(folder / "s"));
  start(options);  // again
  fs::rename(folder / "s", folder / "left");
  server.reset();
  fs::rename(folder / "left", folder / "s");
  start(options);  // over what a dead server left behind
  RawHttpClient again(folder / "s");
  EXPECT_EQ(again.ask(http_request("GET", "/hello")).body, "hello");
}

TEST_F(ServerLife, bad_addresses_have_names) {
  start();
  HttpServerOptions taken;
  taken.port = server->port();
  EXPECT_EQ(try_start(taken).error().code, ErrorCode::kUnavailable);
  HttpServerOptions named;
  named.host = "example.org";
  EXPECT_EQ(try_start(named).error().code, ErrorCode::kInvalidArgument);
  HttpServerOptions foreign;
  foreign.host = "192.0.2.1";
  EXPECT_EQ(try_start(foreign).error().code, ErrorCode::kInvalidArgument);
  HttpServerOptions nothing;
  nothing.port.reset();
  EXPECT_EQ(try_start(nothing).error().code, ErrorCode::kInvalidArgument);
  HttpServerOptions long_path;
  long_path.unix_socket = std::string(200, 'p');
  EXPECT_EQ(try_start(long_path).error().code, ErrorCode::kInvalidArgument);
  HttpServerOptions inherited;
  inherited.inherited_sockets = {0};
  EXPECT_EQ(try_start(inherited).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ServerLife, draining_lets_answers_finish_and_takes_no_more) {
  start();
  auto busy = client(), idle = client();
  busy.send(http_request("GET", "/held"));
  EXPECT_EQ(idle.ask(http_request("GET", "/hello")).status, 200U);
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  bool finished = false;
  std::thread drainer([&] { finished = server->drain(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.closes_within(milliseconds(5000)));
  const auto exchange = held_at(0);
  exchange->start_stream("text/event-stream", {});
  EXPECT_TRUE(exchange->write("last words"));
  exchange->end_stream();
  const auto response = busy.read_response();
  EXPECT_EQ(response.body, "last words");
  EXPECT_EQ(response.headers.at("connection"), "close");
  drainer.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(connect_to("127.0.0.1", server->port(), {}));
}

TEST_F(ServerLife, draining_has_an_end) {
  start();
  auto busy = client();
  busy.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  std::atomic<bool> told = false;
  held_at(0)->on_disconnect([&told] { told = true; });
  EXPECT_FALSE(server->drain(milliseconds(20)));
  EXPECT_TRUE(told);
  EXPECT_TRUE(busy.closes_within(milliseconds(5000)));
}

TEST_F(ServerLife, several_threads_serve_many_clients) {
  HttpServerOptions options;
  options.n_io_threads = 3;
  start(std::move(options));
  std::vector<std::thread> users;
  std::atomic<int> n_right{0};
  for (int t = 0; t < 8; ++t)
    users.emplace_back([&] {
      auto user = client();
      for (int i = 0; i < 20; ++i) {
        n_right += user.ask(http_request("POST", "/echo", "x")).body == "x";
        n_right += user.ask(http_request("GET", "/stream/50")).complete;
      }
    });
  for (std::thread& user : users) user.join();
  EXPECT_EQ(n_right, 8 * 40);
}

TEST_F(ServerLife, requests_are_logged_counted_and_traced) {
  HttpServerOptions options;
  options.limits.connections = 64;  // any system allows as many: no other line is logged
  start(std::move(options));
  auto user = client();
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto response =
      user.ask(http_request("POST", "/echo?secret=1", "body", "traceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n"));
  EXPECT_TRUE(response.headers.at("traceparent").starts_with("00-" + trace + "-"));
  EXPECT_EQ(response.headers.at("traceparent").find("00f067aa0ba902b7"), std::string::npos);
  user.ask(http_request("GET", "/nowhere"));
  ASSERT_TRUE(eventually([this] { return logger.lines().size() == 2; }));
  const std::string line = logger.lines()[0];
  EXPECT_TRUE(line.starts_with(R"(access {"method":"POST","path":"/echo","status":200,"ms":)")) << line;
  EXPECT_NE(line.find("\"trace_id\":\"" + trace + "\""), std::string::npos) << line;
  EXPECT_EQ(line.find("secret"), std::string::npos);
  const std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find(R"(hearth_http_requests_total{route="/echo",method="POST",status="200"} 1)"), std::string::npos);
  EXPECT_NE(text.find(R"(hearth_http_requests_total{route="unmatched",method="GET",status="404"} 1)"),
            std::string::npos);
  EXPECT_NE(text.find("hearth_http_received_bytes_total 4\n"), std::string::npos);
  EXPECT_NE(text.find("hearth_http_connections 1\n"), std::string::npos);
}

TEST(TraceContext, only_what_the_standard_allows_is_read) {
  EXPECT_TRUE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_TRUE(parse_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later"));
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"})
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
}

}  // namespace
}  // namespace hearth::serve
