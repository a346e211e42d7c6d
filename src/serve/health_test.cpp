#include "serve/health.h"

#include <gtest/gtest.h>

#include "serve/exchange_recorder.h"

namespace hearth::serve {
namespace {

RecordedAnswer ask(const std::vector<Route>& routes, const std::string& pattern) {
  const auto exchange = std::make_shared<ExchangeRecorder>(HttpRequest{});
  for (const auto& route : routes)
    if (route.pattern == pattern) route.handler(exchange);
  return exchange->answer();
}

TEST(Health, is_503_until_ready_and_200_to_the_end) {
  Readiness readiness;
  const auto routes = health_routes(readiness);
  for (const char* path : {"/health", "/v1/health"}) {
    EXPECT_EQ(ask(routes, path).status, 503U) << path;
    EXPECT_EQ(ask(routes, path).body, R"({"status":"starting"})");
  }
  readiness.become_ready();
  EXPECT_EQ(ask(routes, "/health").status, 200U);
  EXPECT_EQ(ask(routes, "/health").body, R"({"status":"ok"})");
  readiness.become_draining();
  EXPECT_EQ(ask(routes, "/health").status, 200U);
  EXPECT_EQ(ask(routes, "/health").body, R"({"status":"draining"})");
}

TEST(Ready, is_200_only_between_warm_up_and_draining) {
  Readiness readiness;
  const auto routes = health_routes(readiness);
  EXPECT_EQ(ask(routes, "/ready").status, 503U);
  readiness.become_ready();
  EXPECT_EQ(ask(routes, "/ready").status, 200U);
  readiness.become_draining();
  EXPECT_EQ(ask(routes, "/ready").status, 503U);
  EXPECT_EQ(ask(routes, "/ready").body, R"({"status":"draining"})");
}

TEST(Ready, a_late_warm_up_does_not_open_a_draining_server) {
  Readiness readiness;
  readiness.become_draining();
  readiness.become_ready();
  EXPECT_EQ(ask(health_routes(readiness), "/ready").status, 503U);
}

TEST(Health, needs_no_key) {
  Readiness readiness;
  for (const auto& route : health_routes(readiness)) EXPECT_FALSE(route.needs_key) << route.pattern;
}

}  // namespace
}  // namespace hearth::serve
