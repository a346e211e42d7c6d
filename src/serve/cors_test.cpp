#include "serve/cors.h"

#include <gtest/gtest.h>

#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

TEST(Cors, rules_say_whose_pages_may_call) {
  const CorsRules listed{{"https://app.example"}, false};
  EXPECT_TRUE(origin_allowed(listed, "https://APP.example", "x"));
  EXPECT_FALSE(origin_allowed(listed, "http://app.example", "x"));
  EXPECT_FALSE(origin_allowed(listed, "https://app.example.evil", "x"));
  EXPECT_FALSE(origin_allowed(listed, "http://localhost:3000", "x"));
  EXPECT_TRUE(origin_allowed(listed, "http://box:8080", "box:8080"));
  EXPECT_FALSE(origin_allowed(listed, "null", "null"));
  EXPECT_FALSE(origin_allowed(listed, "app://obsidian.md", "x"));
  const CorsRules local;
  for (const char* origin : {"http://localhost", "https://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:1",
                             "vscode-webview://1a2b", "app://obsidian.md"})
    EXPECT_TRUE(origin_allowed(local, origin, "x")) << origin;
  for (const char* origin : {"http://localhost.evil", "http://127.0.0.1.evil", "http://localhost:",
                             "http://localhost:1x", "http://[::1]x", "HTTP://evil.example", "://x", "null", ""})
    EXPECT_FALSE(origin_allowed(local, origin, "x")) << origin;
  EXPECT_TRUE(origin_allowed({{"*"}, false}, "null", "x"));
}

class CorsServer : public ServerFixture {};

TEST_F(CorsServer, answers_preflights_without_a_key) {
  FakeClock clock;
  ApiKeys keys({make_key("k", {})->record}, clock);
  start({}, &keys);
  auto user = client();
  const std::string asks =
      "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: authorization, content-type\r\n";
  const auto response = user.ask(http_request("OPTIONS", "/echo", {}, asks));
  EXPECT_EQ(response.status, 204U);
  EXPECT_EQ(response.headers.at("access-control-allow-origin"), "http://localhost:3000");
  EXPECT_EQ(response.headers.at("access-control-allow-methods"), "OPTIONS, POST");
  EXPECT_EQ(response.headers.at("access-control-allow-headers"), "authorization, content-type");
  EXPECT_EQ(response.headers.at("vary"), "origin");
  server.reset();
}

TEST_F(CorsServer, answers_and_errors_can_be_read_by_allowed_pages_only) {
  start();
  auto user = client();
  const std::string local = "Origin: http://127.0.0.1:3000\r\n", foreign = "Origin: https://evil.example\r\n";
  for (const char* path : {"/hello", "/nowhere", "/stream/2"})
    EXPECT_EQ(user.ask(http_request("GET", path, {}, local)).headers.at("access-control-allow-origin"),
              "http://127.0.0.1:3000");
  const auto refused = user.ask(http_request("POST", "/echo", "x", foreign));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_FALSE(refused.headers.contains("access-control-allow-origin"));
  EXPECT_NE(refused.body.find("origin_not_allowed"), std::string::npos);
  EXPECT_FALSE(user.ask(http_request("GET", "/hello")).headers.contains("access-control-allow-origin"));
}

}  // namespace
}  // namespace hearth::serve
