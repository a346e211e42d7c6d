#include "formats/tflite.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Result<WeightTable> read(const std::string& bytes) {
  MemorySource source(std::as_bytes(std::span(bytes)), "test.tflite");
  return read_tflite(source);
}

TEST(TfliteTest, real_models_are_mostly_weights) {
  const fs::path models = test::shared_dir() / "models";
  if (!fs::exists(models)) GTEST_SKIP() << "no test models at " << models;
  int seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().extension() != ".tflite") continue;
    ++seen;
    const auto table = read_tflite(entry.path());
    ASSERT_TRUE(table) << to_string(table.error());
    EXPECT_LE(table->weight_bytes(), entry.file_size()) << entry.path();
    EXPECT_GT(table->weight_bytes(), entry.file_size() / 3) << entry.path();
    for (const WeightTensor& tensor : table->tensors) EXPECT_LE(tensor.offset + tensor.size_bytes, entry.file_size());
  }
  EXPECT_GT(seen, 0);
}

TEST(TfliteTest, truncated_real_model_is_refused_or_loses_nothing_it_claims) {
  const fs::path path = test::shared_dir() / "models/wake/kws_ref_model.tflite";
  if (!fs::exists(path)) GTEST_SKIP() << "no test model at " << path;
  const auto whole = read_file(path, 1 << 20);
  ASSERT_TRUE(whole);
  const auto expected = read(*whole);
  ASSERT_TRUE(expected);
  for (std::size_t percent = 0; percent < 100; ++percent) {
    const auto cut = read(whole->substr(0, whole->size() * percent / 100));
    // A flatbuffer has no end mark: what lies behind the last thing the weights need may be missing unnoticed.
    EXPECT_EQ(cut ? cut->weight_bytes() : expected->weight_bytes(), expected->weight_bytes()) << percent;
  }
  EXPECT_FALSE(read(whole->substr(0, whole->size() / 2)));
}

TEST(TfliteTest, ports_that_are_quantised_tell_scale_and_zero_point) {
  const fs::path path = test::shared_dir() / "models/classify/mobilenet_v2_1.0_224_quant.tflite";
  if (!fs::exists(path)) GTEST_SKIP() << "no test model at " << path;
  const auto ports = read_tflite_quantization(path);
  ASSERT_TRUE(ports) << to_string(ports.error());
  ASSERT_EQ(ports->size(), 2U);
  EXPECT_EQ((*ports)[0].name, "input");
  EXPECT_NEAR((*ports)[0].scale, 1 / 128.0F, 1e-4);
  EXPECT_EQ((*ports)[0].zero_point, 128);
  EXPECT_NEAR((*ports)[1].scale, 1 / 256.0F, 1e-6);
  EXPECT_EQ((*ports)[1].zero_point, 0);
  const auto whole = read_file(path, 8 << 20);
  ASSERT_TRUE(whole);
  for (std::size_t n = 0; n < 4096; n += 61) {
    MemorySource cut(std::as_bytes(std::span(*whole).first(n)), "cut.tflite");
    (void)read_tflite_quantization(cut);  // must neither read outside nor hang
  }
}

TEST(TfliteTest, damage_is_refused) {
  EXPECT_THAT(read("").error().message, HasSubstr("empty"));
  EXPECT_THAT(read("abc").error().message, HasSubstr("behind its end at byte 3"));
  EXPECT_THAT(read(std::string("\x08\0\0\0XXXX", 8) + std::string(64, '\0')).error().message, HasSubstr("'TFL3'"));
  EXPECT_THAT(read(std::string("\xff\xff\xff\x7fTFL3", 8) + std::string(64, '\0')).error().message,
              HasSubstr("leaves the file"));
  EXPECT_THAT(read(std::string("\x08\0\0\0TFL3\xff\xff\xff\x7f", 12) + std::string(64, '\0')).error().message,
              HasSubstr("no layout"));
  EXPECT_EQ(read_tflite(fs::path("/no/such")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth
