#include "serve/json_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace hearth::serve {
namespace {

TEST(JsonWriter, escapes_what_json_wants_escaped) {
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string("a\"b\\c\n\r\t\b\f\x01\x1f"), R"("a\"b\\c\n\r\t\b\f\u0001\u001f")");
  EXPECT_EQ(json_string(std::string(1, '\0')), R"("\u0000")");
  EXPECT_EQ(json_string("\xc3\xa9\xf0\x9f\x98\x80\x7f"), "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"");
  EXPECT_EQ(json_string("half \xf0\x9f"), "\"half \xef\xbf\xbd\"");
}

TEST(JsonWriter, any_bytes_give_json_that_reads_back) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (auto n = random() % 20; n > 0; --n)
      bytes += static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 26);
    const auto read = nlohmann::json::parse(json_string(bytes), nullptr, false);
    ASSERT_TRUE(read.is_string()) << json_string(bytes);
  }
}

TEST(JsonWriter, numbers_are_short_and_finite) {
  std::string out;
  append_json_number(out, -0.1F);
  out += ' ';
  append_json_number(out, -std::numeric_limits<float>::infinity());
  out += ' ';
  append_json_number(out, std::uint64_t{18446744073709551615U});
  EXPECT_EQ(out, "-0.1 0 18446744073709551615");
}

TEST(JsonWriter, events_end_with_an_empty_line) {
  std::string out;
  append_sse_data(out, "{}");
  append_sse_event(out, "ping", "{}");
  EXPECT_EQ(out, "data: {}\n\nevent: ping\ndata: {}\n\n");
}

}  // namespace
}  // namespace hearth::serve
