#include "serve/base64.h"

#include <gtest/gtest.h>

namespace hearth::serve {
namespace {

TEST(Base64, both_alphabets_padding_and_line_breaks_are_read) {
  EXPECT_EQ(*decode_base64("aGVhcnRo"), "hearth");
  EXPECT_EQ(*decode_base64("aGVh\r\ncnRoIQ=="), "hearth!");
  EXPECT_EQ(*decode_base64("aGVhcnRoIQ"), "hearth!");
  EXPECT_EQ(*decode_base64("-_8="), *decode_base64("+/8="));
  EXPECT_EQ(*decode_base64("data:image/png;base64,aGVhcnRo"), "hearth");
  EXPECT_EQ(*decode_base64(""), "");
}

TEST(Base64, what_is_written_is_read_back) {
  EXPECT_EQ(encode_base64("hearth!"), "aGVhcnRoIQ==");
  EXPECT_EQ(encode_base64(""), "");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes += static_cast<char>(i * 37);
    ASSERT_EQ(*decode_base64(encode_base64(bytes)), bytes);
  }
}

TEST(Base64, what_is_none_is_refused_by_its_place) {
  const auto odd = decode_base64("aGV*cnRo");
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(odd.error().message.find("byte 3"), std::string::npos);
  EXPECT_FALSE(decode_base64("aGVhc"));
  EXPECT_FALSE(decode_base64("data:image/png,plain"));
}

}  // namespace
}  // namespace hearth::serve
