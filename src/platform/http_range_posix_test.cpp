#include "platform/http_range.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "platform/http_transfer.h"
#include "support/range_server.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

class FixedResolver final : public NameResolver {
 public:
  Result<std::vector<std::string>> resolve(const std::string&) override {
    return std::vector<std::string>{"127.0.0.1"};
  }
};

class HttpRange : public ::testing::Test {
 protected:
  HttpRange() {
    options_.egress.counts = &counts_;
    options_.egress.resolver = &resolver_;
    options_.block_bytes = 1000;
    options_.backoff = 1ms;
  }
  void put(test::Page page, const std::string& path = "/f") { server_.put(path, std::move(page)); }
  Result<HttpRangeReader> open(const std::string& path = "/f") {
    return HttpRangeReader::open(server_.url(path), options_);
  }
  static std::string read(HttpRangeReader& reader, std::uint64_t offset, std::size_t size) {
    std::string out(size, '\0');
    const auto done = reader.read_at(offset, std::as_writable_bytes(std::span(out)));
    return done ? out : "error: " + done.error().message;
  }
  void expect_refused(ErrorCode code, const std::string& says) {
    const auto reader = open();
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, code) << to_string(reader.error());
    EXPECT_NE(reader.error().message.find(says), std::string::npos) << reader.error().message;
    EXPECT_NE(reader.error().hint, "");
  }

  test::RangeServer server_;
  FixedResolver resolver_;
  EgressCounts counts_;
  HttpRangeOptions options_;
};

TEST_F(HttpRange, parts_are_read_over_one_connection_and_blocks_are_kept) {
  const std::string body = pattern(10'500);
  put({.body = body});
  auto reader = open();
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ(reader->size_bytes(), body.size());
  EXPECT_EQ(reader->entity_tag(), "\"one\"");
  EXPECT_EQ(read(*reader, 0, 1000), body.substr(0, 1000));
  EXPECT_EQ(server_.n_requests(), 1) << "opening has fetched the first block";
  EXPECT_EQ(read(*reader, 9'900, 600), body.substr(9'900));
  EXPECT_EQ(read(*reader, 1'500, 4'000), body.substr(1'500, 4'000));
  EXPECT_EQ(read(*reader, 2'000, 1'000), body.substr(2'000, 1'000));
  EXPECT_EQ(read(*reader, body.size(), 0), "");
  EXPECT_LT(reader->fetched_bytes(), body.size());
  EXPECT_EQ(reader->fetched_bytes(), server_.sent_bytes());
  EXPECT_EQ(server_.n_connections(), 1);
  EXPECT_EQ(counts_.n_attempts, 1U) << "every connection is made by connect_to";
}

TEST_F(HttpRange, no_more_blocks_are_kept_than_allowed_and_a_file_of_any_size_can_be_walked) {
  options_.blocks_kept = 2;
  const std::string body = pattern(9'001);
  put({.body = body});
  auto reader = open();
  ASSERT_TRUE(reader);
  for (int round = 0; round < 2; ++round)
    for (std::size_t at = 0; at < body.size(); at += 700)
      ASSERT_EQ(read(*reader, at, std::min<std::size_t>(700, body.size() - at)), body.substr(at, 700)) << at;
  EXPECT_GE(reader->fetched_bytes(), 2 * body.size() - 1000) << "the second walk finds the first one's blocks gone";
  std::byte one[1];
  EXPECT_EQ(reader->read_at(body.size(), one).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(HttpRange, names_are_looked_up_by_the_egress_rule_alone) {
  put({.body = pattern(50)});
  auto reader = HttpRangeReader::open(server_.url("/f", "models.example.com"), options_);
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ(counts_.n_lookups, 1U);
  EXPECT_EQ(read(*reader, 10, 5), pattern(50).substr(10, 5));
}

TEST_F(HttpRange, an_airgap_denies_before_any_lookup_and_lets_loopback_through) {
  options_.egress.airgap = true;
  put({.body = pattern(50)});
  const auto denied = HttpRangeReader::open("https://models.example.com/f", options_);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(counts_.n_lookups, 0U);
  EXPECT_EQ(counts_.n_denied, 1U);
  EXPECT_TRUE(open());
  put({.location = "https://models.example.com/f"});
  expect_refused(ErrorCode::kForbidden, "models.example.com");
  EXPECT_EQ(counts_.n_lookups, 0U);
}

// Sets a variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST_F(HttpRange, a_proxy_is_asked_and_reached_by_the_same_rule) {
  const Variable proxy("http_proxy", server_.url(""));
  auto reader = HttpRangeReader::open("http://models.example.com/f", options_);
  ASSERT_FALSE(reader) << "the page of that name is not on the proxy";
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(server_.n_requests(), 1);
  EXPECT_EQ(counts_.n_attempts, 1U);
  EXPECT_EQ(counts_.n_lookups, 0U) << "the proxy knows the host's address, nobody here needs it";
  options_.egress.airgap = true;
  reader = HttpRangeReader::open("http://models.example.com/f", options_);
  EXPECT_EQ(reader.error().code, ErrorCode::kForbidden);
  put({.body = pattern(10)});
  ASSERT_TRUE(open()) << "and none is used under an airgap";
  EXPECT_EQ(server_.n_requests(), 2);
}

TEST_F(HttpRange, redirects_are_followed_five_times) {
  put({.body = pattern(3'000)}, "/0");
  for (int i = 1; i <= 6; ++i) put({.location = "/" + std::to_string(i - 1)}, "/" + std::to_string(i));
  auto reader = open("/5");
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ(read(*reader, 2'000, 1'000), pattern(3'000).substr(2'000));
  EXPECT_EQ(server_.n_requests(), 7) << "later reads go straight to where the redirects ended";
  EXPECT_EQ(open("/6").error().code, ErrorCode::kUnsupported);
  put({.location = "file:///etc/hostname"});
  expect_refused(ErrorCode::kUnsupported, "no http address");
}

TEST_F(HttpRange, https_never_becomes_http) {
  EXPECT_EQ(redirect_target("https://h/a", "http://h/a").error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(redirect_target("https://h/a", "https://cdn.example/b"));
  EXPECT_TRUE(redirect_target("http://h/a", "https://h/a"));
}

TEST_F(HttpRange, a_server_that_ignores_ranges_is_refused_without_its_body) {
  put({.body = pattern(32'000'000), .knows_ranges = false});
  expect_refused(ErrorCode::kUnsupported, "only the whole file");
  EXPECT_LT(server_.sent_bytes(), 32'000'000U);
}

TEST_F(HttpRange, a_short_file_may_come_whole) {
  put({.body = pattern(900), .knows_ranges = false});
  auto reader = open();
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ(reader->size_bytes(), 900U);
  EXPECT_EQ(read(*reader, 300, 600), pattern(900).substr(300));
}

TEST_F(HttpRange, statuses_are_told_apart) {
  const std::pair<int, ErrorCode> cases[] = {{404, ErrorCode::kNotFound},         {410, ErrorCode::kNotFound},
                                             {401, ErrorCode::kPermissionDenied}, {403, ErrorCode::kPermissionDenied},
                                             {501, ErrorCode::kUnavailable},      {418, ErrorCode::kUnavailable}};
  for (const auto& [status, code] : cases) {
    put({.status = status});
    expect_refused(code, std::to_string(status));
  }
  put({.body = ""});
  expect_refused(ErrorCode::kInvalidData, "is empty");
}

TEST_F(HttpRange, busy_servers_and_broken_connections_are_tried_again) {
  put({.body = pattern(3'000), .unavailable_first = 2, .reset_first = 1});
  auto reader = open();
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ(server_.n_requests(), 4);
  put({.unavailable_first = 100});
  expect_refused(ErrorCode::kUnavailable, "503");
  put({.reset_first = 100});
  expect_refused(ErrorCode::kUnavailable, "broke off");
  put({.body = pattern(3'000), .bytes_max = 400});
  expect_refused(ErrorCode::kUnavailable, "broke off");
}

TEST_F(HttpRange, an_answer_that_contradicts_the_request_is_refused) {
  put({.body = pattern(3'000), .shift = 7});
  expect_refused(ErrorCode::kInvalidData, "another part");
  put({.body = pattern(500), .claimed_size = 5'000});
  expect_refused(ErrorCode::kInvalidData, "500 of 1000 bytes");
  put({.body = pattern(3'000), .more_head = "Content-Encoding: gzip\r\n"});
  expect_refused(ErrorCode::kUnsupported, "compresses");
}

TEST_F(HttpRange, a_file_that_changes_while_it_is_read_is_noticed) {
  put({.body = pattern(3'000), .next_entity_tag = "\"two\""});
  auto reader = open();
  ASSERT_TRUE(reader);
  EXPECT_NE(read(*reader, 2'000, 10).find("was replaced"), std::string::npos);
  put({.body = pattern(3'000)}, "/g");
  reader = open("/g");
  ASSERT_TRUE(reader);
  put({.body = pattern(4'000)}, "/g");
  EXPECT_NE(read(*reader, 2'000, 10).find("was replaced"), std::string::npos) << "another size";
}

TEST_F(HttpRange, a_server_that_stops_is_given_up) {
  options_.request_timeout = 200ms;
  put({.body = pattern(3'000), .stalls = true});
  expect_refused(ErrorCode::kDeadlineExceeded, "stopped");
}

TEST_F(HttpRange, addresses_are_checked) {
  for (const char* bad : {"", "model.gguf", "ftp://h/f", "http://", "https:///f", "http://h:0/f", "http://h:99999/f",
                          "http://a b/f", "file:///etc/passwd"}) {
    const auto reader = HttpRangeReader::open(bad, options_);
    ASSERT_FALSE(reader) << bad;
    EXPECT_EQ(reader.error().code, ErrorCode::kInvalidArgument) << bad;
  }
  const auto secret = HttpRangeReader::open("https://me:secret@h/f", options_);
  ASSERT_FALSE(secret);
  EXPECT_EQ(to_string(secret.error()).find("secret@"), std::string::npos);
  EXPECT_EQ(counts_.n_attempts, 0U);
  EXPECT_TRUE(is_http_url("HTTPS://h/f"));
  EXPECT_EQ(url_beside("https://h/a/x.json?k=1", "y-00001-of-2").value(), "https://h/a/y-00001-of-2?k=1");
  EXPECT_EQ(url_beside("http://h/x", "s/y").value(), "http://h/s/y");
  for (const char* bad : {"", "/y", "../y", "a/../../y", "http://other/y", "y?z"})
    EXPECT_FALSE(url_beside("https://h/a/x.json", bad)) << bad;
}

TEST_F(HttpRange, nobody_there_is_said) {
  std::string gone;
  {
    const test::RangeServer other;
    gone = other.url("/f");
  }
  const auto reader = HttpRangeReader::open(gone, options_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kUnavailable) << to_string(reader.error());
}

}  // namespace
}  // namespace hearth
