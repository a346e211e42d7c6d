#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/gguf_builder.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

Result<WeightTable> read(const std::string& header, std::size_t data_bytes) {
  const std::string bytes = test::ByteWriter().text(header).bytes() + std::string(data_bytes, '\0');
  MemorySource source(std::as_bytes(std::span(bytes)), "test.safetensors");
  return read_safetensors(source);
}

TEST(SafetensorsTest, reads_tensors_and_metadata) {
  const auto table =
      read(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[16,28]},)"
           R"("a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
           R"("e":{"dtype":"I8","shape":[0,7],"data_offsets":[28,28]},)"
           R"("s":{"dtype":"F64","shape":[],"data_offsets":[28,36]}}   )",
           36);
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->metadata.at("format"), "pt");
  ASSERT_EQ(table->tensors.size(), 4U);
  EXPECT_EQ(table->weight_bytes(), 36U);
  EXPECT_EQ(table->tensors[0].type, "bf16");
  EXPECT_EQ(table->tensors[0].dims, (std::vector<std::uint64_t>{2, 3}));
}

struct BadHeader {
  const char* header;
  std::size_t data_bytes;
  const char* says;
};
class BadSafetensorsTest : public ::testing::TestWithParam<BadHeader> {};

TEST_P(BadSafetensorsTest, is_refused) {
  const auto table = read(GetParam().header, GetParam().data_bytes);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(table.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSafetensorsTest,
    ::testing::Values(
        BadHeader{"", 0, "no JSON object"}, BadHeader{"[]", 0, "no JSON object"}, BadHeader{"{", 0, "no JSON"},
        BadHeader{R"({"a":1})", 0, "a number where none may be"}, BadHeader{R"({"a":null})", 0, "null"},
        BadHeader{R"({"a":{}})", 0, "unknown type"},
        BadHeader{R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4, "unknown type"},
        BadHeader{R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "without shape"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "too long a list"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "shape and type"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "shape and type"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "negative"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "not whole"},
        BadHeader{R"({"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}})", 1, "shape and type"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4, "2^64 bits"},
        BadHeader{
            R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
            4, "overlaps"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "hole"},
        BadHeader{
            R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
            8, "twice"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 9, "7 of"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "1 bytes follow"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "a list where none"},
        BadHeader{R"({"a":{"x":{"y":{}}}})", 4, "an object where none"}));

TEST(SafetensorsTest, header_length_is_bounded_by_the_file) {
  for (const std::uint64_t length : {std::uint64_t{100}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    const std::string bytes = test::ByteWriter().put(length).raw("{}").bytes();
    MemorySource source(std::as_bytes(std::span(bytes)));
    EXPECT_EQ(read_safetensors(source).error().code, ErrorCode::kInvalidData);
  }
  EXPECT_EQ(read_safetensors(std::filesystem::path("/no/such")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth
