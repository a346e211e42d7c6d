#include "serve/server.h"

#include <gtest/gtest.h>

#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

using std::chrono::milliseconds;

class Server : public ServerFixture {};

TEST_F(Server, answers_on_one_connection_again_and_again) {
  start();
  auto user = client();
  for (int i = 0; i < 3; ++i) {
    const auto response = user.ask(http_request("GET", "/hello"));
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_TRUE(response.headers.at("x-request-id").starts_with("req_"));
  }
  EXPECT_EQ(server->n_connections(), 1U);
}

TEST_F(Server, pipelined_requests_are_answered_in_order) {
  start();
  auto user = client();
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += http_request("POST", "/echo", "body " + std::to_string(i));
  user.send(requests);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(user.read_response().body, "body " + std::to_string(i));
}

TEST_F(Server, an_answer_from_another_thread_holds_back_the_next) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held") + http_request("GET", "/hello"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  std::thread([this] { held_at(0)->respond({200, "text/plain", "first", {}}); }).join();
  EXPECT_EQ(user.read_response().body, "first");
  EXPECT_EQ(user.read_response().body, "hello");
}

TEST_F(Server, streams_arrive_whole_and_the_connection_goes_on) {
  start();
  auto user = client();
  const auto response = user.ask(http_request("GET", "/stream/1000"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(response.headers.at("cache-control"), "no-store");
  std::string wanted;
  for (int i = 0; i < 1000; ++i) wanted += "data: " + std::to_string(i) + "\n\n";
  EXPECT_EQ(response.body, wanted);
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).body, "hello");
}

TEST_F(Server, a_stream_shows_each_piece_as_it_is_made) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  held_at(0)->start_stream("text/event-stream", {});
  for (const std::string piece : {"one", "two", "three"}) {
    EXPECT_TRUE(held_at(0)->write(piece));
    EXPECT_FALSE(user.read_through(piece).empty());
  }
  held_at(0)->end_stream();
  EXPECT_FALSE(user.read_through("0\r\n\r\n").empty());
  EXPECT_FALSE(held_at(0)->write("late"));
}

TEST_F(Server, a_client_that_goes_away_is_noticed_at_once) {
  start();
  for (const bool streaming : {false, true}) {
    auto user = client();
    user.send(http_request("GET", "/held"));
    const std::size_t index = streaming ? 1 : 0;
    ASSERT_TRUE(eventually([&] { return n_held() == index + 1; }));
    std::atomic<int> calls{0};
    held_at(index)->on_disconnect([&calls] { ++calls; });
    if (streaming) held_at(index)->start_stream("text/event-stream", {});
    user.close();
    EXPECT_TRUE(eventually([&] { return calls == 1; }));
    EXPECT_FALSE(held_at(index)->write("more"));
    held_at(index)->on_disconnect([&calls] { ++calls; });
    EXPECT_EQ(calls, 2);
  }
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
}

TEST_F(Server, a_complete_answer_is_no_disconnect) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  bool called = false;
  held_at(0)->on_disconnect([&called] { called = true; });
  held_at(0)->respond({});
  EXPECT_EQ(user.read_response().status, 200U);
  user.close();
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
  EXPECT_FALSE(called);
}

TEST_F(Server, handlers_that_fail_still_answer) {
  start();
  auto user = client();
  EXPECT_EQ(user.ask(http_request("GET", "/lost")).status, 500U);
  const auto thrown = user.ask(http_request("GET", "/throws"));
  EXPECT_EQ(thrown.status, 500U);
  EXPECT_NE(thrown.body.find("boom"), std::string::npos);
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).status, 200U);
}

TEST_F(Server, a_stream_that_its_handler_drops_is_cut_off) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  held_at(0)->start_stream("text/event-stream", {});
  EXPECT_TRUE(held_at(0)->write("part"));
  EXPECT_FALSE(user.read_through("part\r\n").empty());
  {
    const std::lock_guard lock(mutex);
    held.clear();
  }
  EXPECT_TRUE(user.closes_within(milliseconds(5000)));
}

TEST_F(Server, answers_outlive_the_server) {
  start();
  auto user = client();
  user.send(http_request("GET", "/held"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  std::atomic<bool> called = false;
  held_at(0)->on_disconnect([&called] { called = true; });
  server.reset();
  EXPECT_TRUE(called);
  held_at(0)->respond({});
  held_at(0)->start_stream("text/plain", {});
  EXPECT_FALSE(held_at(0)->write("x"));
}

TEST_F(Server, head_options_and_unknown_methods) {
  start();
  auto user = client();
  user.send(http_request("HEAD", "/hello"));
  const auto head = user.read_response(true);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  const auto options = user.ask(http_request("OPTIONS", "/hello"));
  EXPECT_EQ(options.status, 204U);
  EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, OPTIONS");
  const auto wrong = user.ask(http_request("DELETE", "/hello"));
  EXPECT_EQ(wrong.status, 405U);
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(user.ask(http_request("GET", "/helo")).status, 404U);
  EXPECT_EQ(user.ask(http_request("GET", "/%zz")).status, 400U);
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).status, 200U);
}

}  // namespace
}  // namespace hearth::serve
