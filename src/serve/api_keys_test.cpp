#include "serve/api_keys.h"

#include <gtest/gtest.h>

#include "serve/http_error.h"
#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ApiKeys, a_new_key_is_admitted_and_nothing_else_is) {
  FakeClock clock;
  const NewKey mine = make_key("mine", {}).value(), yours = make_key("yours", {}).value();
  EXPECT_TRUE(mine.clear.starts_with("hearth-"));
  EXPECT_EQ(mine.clear.size(), 50U);
  ApiKeys keys({mine.record, yours.record}, clock);
  EXPECT_EQ(keys.admit(mine.clear)->name(), "mine");
  EXPECT_EQ(keys.admit(yours.clear)->name(), "yours");
  for (const std::string& wrong : {std::string(), mine.clear + "x", mine.clear.substr(1), std::string("hearth-")}) {
    const auto refused = keys.admit(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(http_status_of(refused.error()), 401U);
    EXPECT_EQ(to_string(refused.error()).find(mine.clear), std::string::npos);
  }
}

TEST(ApiKeys, the_file_holds_everything_but_the_key) {
  KeyLimits limits;
  limits.requests_per_minute = 60;
  limits.concurrent_requests = 4;
  limits.tokens_per_minute = 100'000;
  limits.priority = RequestPriority::kBackground;
  const NewKey made = make_key("batch", limits).value();
  const std::string line = format_key_line(made.record);
  EXPECT_EQ(line.find(made.clear.substr(7)), std::string::npos);
  const auto records = parse_key_file("# keys\n\n" + line + "\r\n  " + format_key_line(make_key("b", {})->record));
  ASSERT_TRUE(records) << to_string(records.error());
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(format_key_line(records->front()), line);
  FakeClock clock;
  ApiKeys keys(*records, clock);
  EXPECT_TRUE(keys.admit(made.clear));
  EXPECT_EQ(keys.priority("batch"), RequestPriority::kBackground);
  EXPECT_EQ(keys.priority("nobody"), RequestPriority::kNormal);
}

TEST(ApiKeys, wrong_lines_are_named) {
  const std::string good = format_key_line(make_key("a", {})->record);
  for (const std::string& bad :
       {std::string("a"), std::string("a sha256:00:11"), "a! " + good.substr(2), good + " speed=3",
        good + " requests_per_minute=-1", good + " requests_per_minute=99999999999", good + " priority=top",
        good + " concurrent_requests", good.substr(0, good.size() - 1), good + "0", std::string("a md5:00:00")}) {
    const auto parsed = parse_key_file("\n" + bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_NE(parsed.error().message.find("line 2"), std::string::npos) << parsed.error().message;
  }
  EXPECT_FALSE(parse_key_file(good + "\n" + good));
  EXPECT_FALSE(make_key("", {}));
  EXPECT_FALSE(make_key("with blank", {}));
  EXPECT_FALSE(record_of_key("a", "guessable", {}));
  EXPECT_TRUE(record_of_key("a", "sixteen bytes it", {}));
}

TEST(ApiKeys, requests_a_minute_run_out_and_grow_back) {
  FakeClock clock;
  KeyLimits limits;
  limits.requests_per_minute = 6;
  const NewKey key = make_key("k", limits).value();
  ApiKeys keys({key.record}, clock);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(keys.admit(key.clear));
  const auto refused = keys.admit(key.clear);
  ASSERT_FALSE(refused);
  const auto response = error_response(refused.error(), ErrorForm::kOpenAi);
  EXPECT_EQ(response.status, 429U);
  EXPECT_EQ(response.headers.front(), (std::pair<std::string, std::string>("retry-after", "10")));
  clock.advance(milliseconds(9990));
  EXPECT_FALSE(keys.admit(key.clear));
  clock.advance(milliseconds(20));
  EXPECT_TRUE(keys.admit(key.clear));
  EXPECT_FALSE(keys.admit(key.clear));
  clock.advance(seconds(3600));  // never more than one minute's worth
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(keys.admit(key.clear));
  EXPECT_FALSE(keys.admit(key.clear));
}

TEST(ApiKeys, running_requests_hold_their_place) {
  FakeClock clock;
  KeyLimits limits;
  limits.concurrent_requests = 2;
  const NewKey key = make_key("k", limits).value();
  ApiKeys keys({key.record}, clock);
  auto first = keys.admit(key.clear);
  auto second = keys.admit(key.clear);
  EXPECT_FALSE(keys.admit(key.clear));
  first->release();
  first->release();
  KeyUse third = std::move(keys.admit(key.clear)).value();
  EXPECT_FALSE(keys.admit(key.clear));
  third = KeyUse();
  EXPECT_TRUE(keys.admit(key.clear));
}

TEST(ApiKeys, tokens_are_charged_afterwards) {
  FakeClock clock;
  KeyLimits limits;
  limits.tokens_per_minute = 600;
  const NewKey key = make_key("k", limits).value();
  ApiKeys keys({key.record}, clock);
  EXPECT_TRUE(keys.admit(key.clear));
  keys.charge_tokens("k", 1200);
  keys.charge_tokens("unknown", 1);
  EXPECT_FALSE(keys.admit(key.clear));
  clock.advance(seconds(61));
  EXPECT_TRUE(keys.admit(key.clear));
}

TEST(ApiKeys, both_headers_bring_the_key) {
  EXPECT_EQ(key_of_headers("Bearer abc", ""), "abc");
  EXPECT_EQ(key_of_headers("bearer   abc", "x"), "abc");
  EXPECT_EQ(key_of_headers("Basic abc", "x"), "x");
  EXPECT_EQ(key_of_headers("Bearer ", "x"), "x");
  EXPECT_EQ(key_of_headers("", ""), "");
}

class KeyedServer : public ServerFixture {
 protected:
  FakeClock clock;
};

TEST_F(KeyedServer, asks_for_keys_and_holds_to_their_limits) {
  KeyLimits limits;
  limits.concurrent_requests = 1;
  const NewKey key = make_key("one", limits).value();
  ApiKeys keys({key.record}, clock);
  start({}, &keys);
  auto user = client(), other = client();
  const auto unknown = user.ask(http_request("GET", "/hello"));
  EXPECT_EQ(unknown.status, 401U);
  EXPECT_EQ(unknown.headers.at("www-authenticate"), "Bearer");
  EXPECT_NE(unknown.body.find("invalid_api_key"), std::string::npos);
  const std::string bearer = "Authorization: Bearer " + key.clear + "\r\n";
  EXPECT_EQ(user.ask(http_request("GET", "/hello", {}, bearer)).status, 200U);
  user.send(http_request("GET", "/held", {}, "X-Api-Key: " + key.clear + "\r\n"));
  ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
  EXPECT_EQ(held_at(0)->request().key, "one");
  const auto second = other.ask(http_request("GET", "/hello", {}, bearer));
  EXPECT_EQ(second.status, 429U);
  EXPECT_EQ(second.headers.at("retry-after"), "1");
  user.close();  // its place is free again
  EXPECT_TRUE(eventually([&] { return other.ask(http_request("GET", "/hello", {}, bearer)).status == 200; }));
  for (const std::string& line : logger.lines()) EXPECT_EQ(line.find(key.clear), std::string::npos);
  server.reset();
}

TEST_F(KeyedServer, who_may_not_ask_is_told_before_the_body_is_read) {
  const NewKey key = make_key("one", {}).value();
  ApiKeys keys({key.record}, clock);
  start({}, &keys);
  auto user = client();
  user.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(user.read_response().status, 401U);
  server.reset();
}

}  // namespace
}  // namespace hearth::serve
