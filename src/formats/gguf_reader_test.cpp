#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf.h"
#include "formats/gguf_shape.h"
#include "support/bad_gguf.h"
#include "support/gguf_builder.h"
#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using test::ByteWriter;
using test::GgufBuilder;
using test::small_gguf;
using ::testing::HasSubstr;

Result<GgufFile> read(const std::string& bytes, const GgufReadLimits& limits = {}) {
  MemorySource source(std::as_bytes(std::span(bytes)), "test.gguf");
  return read_gguf(source, limits);
}

TEST(GgufReaderTest, reads_metadata_and_tensors) {
  const auto file = read(small_gguf().build());
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->version, 3U);
  EXPECT_EQ(file->architecture(), "llama");
  EXPECT_EQ(file->find_uint("llama.block_count"), 2U);
  EXPECT_FLOAT_EQ(static_cast<float>(*file->find_number("llama.attention.layer_norm_rms_epsilon")), 1e-5F);
  EXPECT_EQ(file->find_uint("llama.nothing"), std::nullopt);
  ASSERT_EQ(file->tensors.size(), 2U);
  EXPECT_EQ(file->tensors[0].n_elements, 128U);
  EXPECT_EQ(file->tensors[0].size_bytes, 512U);
  EXPECT_EQ(file->find_tensor("output_norm.weight")->data_offset, 512U);
  EXPECT_EQ(file->tensor_bytes(), 512U + 128U);
  EXPECT_EQ(file->n_parameters(), 160U);
  EXPECT_EQ(file->data_offset % 32, 0U);
  EXPECT_EQ(file->data_offset + 640, file->size_bytes);
}

TEST(GgufReaderTest, version_2_reads_like_version_3) { EXPECT_TRUE(read(small_gguf().version(2).build())); }

// One value of each type, at the limits of its range.
TEST(GgufReaderTest, widens_every_scalar_with_its_sign) {
  GgufBuilder gguf;
  gguf.entry("u8", 0, ByteWriter().put<std::uint8_t>(255).bytes())
      .entry("i8", 1, ByteWriter().put<std::int8_t>(-128).bytes())
      .entry("u16", 2, ByteWriter().put<std::uint16_t>(65535).bytes())
      .entry("i16", 3, ByteWriter().put<std::int16_t>(-32768).bytes())
      .entry("i32", 5, ByteWriter().put<std::int32_t>(-1).bytes())
      .entry("yes", 7, ByteWriter().put<std::uint8_t>(1).bytes())
      .entry("u64", 10, ByteWriter().put(~0ULL).bytes())
      .entry("i64", 11, ByteWriter().put<std::int64_t>(-5).bytes())
      .entry("f64", 12, ByteWriter().put(0.25).bytes());
  const auto file = read(gguf.build());
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->find_uint("u8"), 255U);
  EXPECT_EQ(file->find_number("i8"), -128.0);
  EXPECT_EQ(file->find_uint("i8"), std::nullopt);
  EXPECT_EQ(file->find_uint("u16"), 65535U);
  EXPECT_EQ(file->find_number("i16"), -32768.0);
  EXPECT_EQ(file->find_number("i32"), -1.0);
  EXPECT_EQ(file->find("yes")->as_bool(), true);
  EXPECT_EQ(file->find_uint("yes"), std::nullopt);
  EXPECT_EQ(file->find_uint("u64"), ~0ULL);
  EXPECT_EQ(file->find_number("i64"), -5.0);
  EXPECT_EQ(file->find_number("f64"), 0.25);
}

TEST(GgufReaderTest, long_arrays_are_counted_but_not_kept) {
  const std::string bytes = small_gguf().uint32_array("short", {1, 2, 3}).build();
  const auto kept = read(bytes, {.array_elements_kept = 4});
  ASSERT_TRUE(kept);
  EXPECT_EQ(std::get<0>(kept->find("short")->as_array()->elements), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(std::get<3>(kept->find("tokenizer.ggml.tokens")->as_array()->elements)[3], "a");
  const auto counted = read(bytes, {.array_elements_kept = 2});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->find("short")->as_array()->count, 3U);
  EXPECT_TRUE(std::get<0>(counted->find("short")->as_array()->elements).empty());
  EXPECT_EQ(counted->find("tokenizer.ggml.tokens")->as_array()->count, 4U);
}

TEST(GgufReaderTest, memory_is_bounded_whatever_the_file_holds) {
  const auto file = read(small_gguf().text("long", std::string(10000, 'x')).build(), {.kept_bytes_max = 8000});
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("of memory"));
  EXPECT_TRUE(read(small_gguf().text("long", std::string(10000, 'x')).build(), {.kept_bytes_max = 16000}));
}

TEST(GgufReaderTest, a_file_may_set_its_alignment) {
  const auto file = read(small_gguf().uint32("general.alignment", 128).build(128));
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->alignment_bytes, 128U);
  EXPECT_EQ(file->data_offset % 128, 0U);
}

TEST(GgufReaderTest, scalars_and_tensors_without_elements_are_allowed) {
  const auto file =
      read(small_gguf().tensor({"scalar", {}, 0, 640}).tensor({"nothing", {32, 0}, 12, 672}).data(704).build());
  ASSERT_FALSE(file) << "rows of 32 are no whole Q4_K blocks, even if there are none";
  const auto good =
      read(small_gguf().tensor({"scalar", {}, 0, 640}).tensor({"nothing", {256, 0}, 12, 672}).data(704).build());
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_EQ(good->find_tensor("scalar")->size_bytes, 4U);
  EXPECT_EQ(good->find_tensor("nothing")->size_bytes, 0U);
}

TEST(GgufReaderTest, truncated_data_says_how_many_bytes_are_missing) {
  std::string bytes = small_gguf().build();
  bytes.resize(bytes.size() - 17);
  const auto file = read(bytes);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("17 bytes are missing"));
  EXPECT_THAT(file.error().message, HasSubstr("output_norm.weight"));
}

class BadGgufTest : public ::testing::TestWithParam<test::BadGguf> {};

TEST_P(BadGgufTest, is_refused_with_one_clear_sentence) {
  const test::BadGguf& bad = GetParam();
  const auto file = read(bad.bytes);
  if (!bad.refused_by_reader) {
    ASSERT_TRUE(file) << to_string(file.error());
    const auto shape = read_model_shape(*file);
    if (bad.code == ErrorCode::kUnsupported) {
      EXPECT_TRUE(shape) << "what an architecture can do is the runtime's to say";
    } else {
      ASSERT_FALSE(shape);
      EXPECT_THAT(shape.error().message, HasSubstr(bad.says));
      EXPECT_FALSE(shape.error().hint.empty());
    }
    return;
  }
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, bad.code) << to_string(file.error());
  EXPECT_THAT(file.error().message, HasSubstr(bad.says));
  EXPECT_THAT(file.error().message, HasSubstr("'test.gguf'"));
  EXPECT_FALSE(file.error().hint.empty());
}

INSTANTIATE_TEST_SUITE_P(All, BadGgufTest, ::testing::ValuesIn(test::bad_ggufs()),
                         [](const auto& bad) { return bad.param.name; });

TEST(GgufReaderTest, every_prefix_of_a_file_is_refused) {
  const std::string whole = small_gguf().build();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read(whole.substr(0, length))) << length << " of " << whole.size() << " bytes";
}

// Every GGUF of the test models, against the sum of its parts: header, padded tensors and nothing else.
TEST(GgufReaderTest, accounts_for_every_byte_of_real_models) {
  const fs::path folder = test::shared_dir() / "models";
  if (!fs::exists(folder)) GTEST_SKIP() << "no test models at " << folder;
  int seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".gguf") continue;
    ++seen;
    const auto file = read_gguf(entry.path());
    ASSERT_TRUE(file) << to_string(file.error());
    std::uint64_t end = file->data_offset;
    for (const GgufTensor& tensor : file->tensors)
      end += (tensor.size_bytes + file->alignment_bytes - 1) / file->alignment_bytes * file->alignment_bytes;
    EXPECT_EQ(end, entry.file_size()) << entry.path();
    EXPECT_NE(file->architecture(), "");
  }
  EXPECT_GT(seen, 0);
}

TEST(GgufReaderTest, real_model_cut_at_every_percent_is_refused) {
  const fs::path path = test::shared_dir() / "models/llm/stories260K-q4_0.gguf";
  if (!fs::exists(path)) GTEST_SKIP() << "no test model at " << path;
  const auto whole = read_file(path, 1 << 20);
  ASSERT_TRUE(whole);
  for (const auto& cut : test::truncated_ggufs(*whole)) {
    const auto file = read(cut.bytes);
    ASSERT_FALSE(file) << cut.name;
    EXPECT_EQ(file.error().code, ErrorCode::kInvalidData) << cut.name;
  }
}

TEST(GgufReaderTest, missing_file_and_folder_keep_the_platforms_error) {
  EXPECT_EQ(read_gguf(fs::path("/no/such.gguf")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_gguf(fs::temp_directory_path()).error().code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
