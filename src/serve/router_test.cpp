#include "serve/router.h"

#include <gtest/gtest.h>

#include "serve/http_error.h"

namespace hearth::serve {
namespace {

Route route(std::string method, std::string pattern) {
  Route out;
  out.method = std::move(method);
  out.pattern = std::move(pattern);
  return out;
}

Router sample() {
  return Router::create({route("GET", "/v1/models"), route("GET", "/v1/models/{id...}"), route("GET", "/v1/models/all"),
                         route("POST", "/v1/chat/completions"), route("GET", "/slots/{slot}"),
                         route("DELETE", "/slots/{slot}"), route("GET", "/")})
      .value();
}

std::string found(std::string_view method, std::string_view target) {
  const auto parsed = parse_target(target);
  if (!parsed) return "bad";
  static const Router kRouter = sample();
  const auto match = kRouter.match(method, *parsed);
  if (!match) return std::to_string(http_status_of(match.error()));
  std::string out = match->route->pattern;
  for (const auto& [name, value] : match->parameters) out += " " + name + "=" + value;
  return out;
}

TEST(Router, finds_the_most_literal_pattern) {
  EXPECT_EQ(found("GET", "/v1/models"), "/v1/models");
  EXPECT_EQ(found("HEAD", "/v1/models?limit=1"), "/v1/models");
  EXPECT_EQ(found("GET", "/v1/models/all"), "/v1/models/all");
  EXPECT_EQ(found("GET", "/v1/models/org/name"), "/v1/models/{id...} id=org/name");
  EXPECT_EQ(found("GET", "/v1/models/org%2Fname"), "/v1/models/{id...} id=org/name");
  EXPECT_EQ(found("GET", "/slots/a%2Fb"), "/slots/{slot} slot=a/b");
  EXPECT_EQ(found("GET", "http://localhost:8080/slots/3?x"), "/slots/{slot} slot=3");
  EXPECT_EQ(found("GET", "http://localhost"), "/");
}

TEST(Router, refuses_what_is_not_there) {
  EXPECT_EQ(found("GET", "/v1/models/"), "404");
  EXPECT_EQ(found("GET", "/slots/"), "404");
  EXPECT_EQ(found("GET", "/slots/1/2"), "404");
  EXPECT_EQ(found("GET", "//v1/models"), "404");
  EXPECT_EQ(found("POST", "/v1/models"), "405");
  for (const char* target : {"", "v1", "*x", "/%", "/%2", "/%zz", "/%00", "/a?b=%g1", "ftp://x/"})
    EXPECT_EQ(found("GET", target), "bad") << target;
}

TEST(Router, the_error_says_what_would_do) {
  const Router router = sample();
  const auto wrong = router.match("POST", *parse_target("/v1/chat/completion"));
  EXPECT_EQ(wrong.error().hint, "did you mean '/v1/chat/completions'?");
  const auto method = router.match("PUT", *parse_target("/slots/1"));
  EXPECT_EQ(error_fact(method.error(), "allow"), "DELETE, GET, HEAD, OPTIONS");
  EXPECT_EQ(router.allowed_methods(*parse_target("/nowhere")), "");
}

TEST(Router, refuses_bad_tables) {
  for (const char* pattern : {"v1", "", "/{}", "/{a", "/{a}/{a}", "/{a...}/b", "/{...}"})
    EXPECT_FALSE(Router::create({route("GET", pattern)})) << pattern;
  EXPECT_FALSE(Router::create({route("GET", "/a"), route("GET", "/a")}));
  EXPECT_TRUE(Router::create({route("GET", "/a"), route("PUT", "/a")}));
}

TEST(HttpTarget, decodes_paths_and_queries) {
  const auto target = parse_target("/a%20b+c/%C3%A9?x=1+2&y=%26&&z&x=3#part");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b+c/\xC3\xA9");
  EXPECT_EQ(target->query, (std::map<std::string, std::string>{{"x", "3"}, {"y", "&"}, {"z", ""}}));
  EXPECT_EQ(parse_target("*")->path, "*");
  EXPECT_EQ(parse_target("/\xFF")->segments, std::vector<std::string>{"\xFF"});
}

TEST(HttpError, each_dialect_has_its_form) {
  const Error error =
      Error(ErrorCode::kOverloaded, "the queue is full").with("retry_after_s", "1.2").with("param", "n");
  const auto openai = error_response(error, ErrorForm::kOpenAi);
  EXPECT_EQ(openai.status, 429U);
  EXPECT_EQ(openai.headers, (Headers{{"retry-after", "2"}}));
  EXPECT_EQ(openai.body,
            R"({"error":{"message":"the queue is full","type":"rate_limit_error","param":"n","code":"overloaded"}})");
  EXPECT_EQ(error_response(error, ErrorForm::kAnthropic).body,
            R"({"type":"error","error":{"type":"rate_limit_error","message":"the queue is full"}})");
}

TEST(HttpError, broken_text_and_facts_do_no_harm) {
  const Error error = Error(ErrorCode::kInvalidArgument, "bad \xFF")
                          .with("http_status", "99")
                          .with("code", "odd")
                          .with("retry_after_s", "x");
  const auto response = error_response(error, ErrorForm::kOpenAi);
  EXPECT_EQ(response.status, 400U);
  EXPECT_NE(response.body.find("bad \xEF\xBF\xBD"), std::string::npos);
  EXPECT_EQ(response.headers, (Headers{{"retry-after", "1"}}));
}

}  // namespace
}  // namespace hearth::serve
