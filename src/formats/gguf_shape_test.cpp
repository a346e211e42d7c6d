#include "formats/gguf_shape.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/gguf_builder.h"
#include "support/paths.h"

namespace hearth {
namespace {

using test::ByteWriter;
using test::GgufBuilder;
using test::small_gguf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<GgufModelShape> shape_of(const GgufBuilder& gguf) {
  const std::string bytes = gguf.build();
  MemorySource source(std::as_bytes(std::span(bytes)), "test.gguf");
  HEARTH_ASSIGN(file, read_gguf(source));
  return read_model_shape(file);
}

// An array entry of 32-bit integers with sign, or of flags.
std::string int32_array(const std::vector<std::int32_t>& values) {
  ByteWriter bytes;
  bytes.put<std::uint32_t>(5).put<std::uint64_t>(values.size());
  for (const auto value : values) bytes.put(value);
  return bytes.bytes();
}

TEST(GgufShapeTest, dense_model_with_defaults) {
  const auto shape = shape_of(small_gguf());
  ASSERT_TRUE(shape) << to_string(shape.error());
  EXPECT_EQ(shape->n_layer, 2U);
  EXPECT_EQ(shape->n_vocab, 4U);
  EXPECT_THAT(shape->n_head, ElementsAre(4, 4));
  EXPECT_THAT(shape->n_head_kv, ElementsAre(2, 2));
  EXPECT_THAT(shape->n_ff, ElementsAre(64, 64));
  EXPECT_EQ(shape->head_dim_k, 8U);
  EXPECT_EQ(shape->head_dim_v, 8U);
  EXPECT_EQ(shape->rope.dimension_count, 8U);
  EXPECT_EQ(shape->experts.count, 0U);
  EXPECT_FALSE(shape->latent);
  EXPECT_FALSE(shape->recurrence);
}

GgufBuilder hybrid() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "granitehybrid")
      .uint32("granitehybrid.block_count", 3)
      .uint32("granitehybrid.embedding_length", 64)
      .uint32("granitehybrid.attention.head_count", 4)
      .uint32("granitehybrid.ssm.conv_kernel", 4)
      .uint32("granitehybrid.ssm.inner_size", 128)
      .uint32("granitehybrid.ssm.state_size", 16)
      .uint32("granitehybrid.ssm.time_step_rank", 8)
      .uint32("granitehybrid.ssm.group_count", 1);
  return gguf;
}

TEST(GgufShapeTest, hybrid_lists_heads_by_layer) {
  const auto shape = shape_of(hybrid().entry("granitehybrid.attention.head_count_kv", 9, int32_array({0, 2, 0})));
  ASSERT_TRUE(shape) << to_string(shape.error());
  EXPECT_THAT(shape->n_head_kv, ElementsAre(0, 2, 0));
  ASSERT_TRUE(shape->recurrence);
  EXPECT_EQ(shape->recurrence->inner_size, 128U);
}

TEST(GgufShapeTest, per_layer_list_of_wrong_length_or_sign_is_refused) {
  for (const auto& list : {std::vector<std::int32_t>{0, 2}, {0, 2, 0, 2}, {0, -2, 0}, {}}) {
    const auto shape = shape_of(hybrid().entry("granitehybrid.attention.head_count_kv", 9, int32_array(list)));
    ASSERT_FALSE(shape);
    EXPECT_THAT(shape.error().message, HasSubstr("attention.head_count_kv"));
  }
}

TEST(GgufShapeTest, window_comes_as_period_or_as_list) {
  const auto period = shape_of(
      small_gguf().uint32("llama.attention.sliding_window", 512).uint32("llama.attention.sliding_window_pattern", 6));
  ASSERT_TRUE(period);
  EXPECT_EQ(period->window.tokens, 512U);
  EXPECT_EQ(period->window.period, 6U);
  ByteWriter flags;
  flags.put<std::uint32_t>(7).put<std::uint64_t>(2).put<std::uint8_t>(1).put<std::uint8_t>(0);
  const auto listed = shape_of(small_gguf().entry("llama.attention.sliding_window_pattern", 9, flags.bytes()));
  ASSERT_TRUE(listed) << to_string(listed.error());
  EXPECT_THAT(listed->window.layer_is_windowed, ElementsAre(true, false));
}

TEST(GgufShapeTest, latent_attention_and_experts) {
  const auto shape = shape_of(small_gguf()
                                  .uint32("llama.attention.kv_lora_rank", 512)
                                  .uint32("llama.attention.key_length_mla", 192)
                                  .uint32("llama.expert_count", 64)
                                  .uint32("llama.expert_used_count", 6)
                                  .uint32("llama.expert_feed_forward_length", 1408)
                                  .uint32("llama.leading_dense_block_count", 1));
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->latent->kv_lora_rank, 512U);
  EXPECT_EQ(shape->latent->head_dim_k, 192U);
  EXPECT_EQ(shape->experts.count, 64U);
  EXPECT_EQ(shape->experts.used, 6U);
  EXPECT_EQ(shape->experts.feed_forward, 1408U);
  EXPECT_EQ(shape->experts.leading_dense_layers, 1U);
}

TEST(GgufShapeTest, contradictions_are_refused_by_name) {
  const auto says = [](const GgufBuilder& gguf) { return shape_of(gguf).error().message; };
  EXPECT_THAT(says(small_gguf().uint32("llama.nextn_predict_layers", 3)), HasSubstr("nextn_predict_layers"));
  EXPECT_THAT(says(small_gguf().uint32("llama.expert_used_count", 3)), HasSubstr("expert_used_count"));
  EXPECT_THAT(says(small_gguf().entry("llama.rope.dimension_count", 11, ByteWriter().put<std::int64_t>(-1).bytes())),
              HasSubstr("rope.dimension_count"));
  EXPECT_THAT(says(small_gguf().text("llama.attention.key_length", "x")), HasSubstr("attention.key_length"));
  GgufBuilder headless;
  headless.text("general.architecture", "x").uint32("x.block_count", 1).uint32("x.embedding_length", 8);
  EXPECT_TRUE(shape_of(headless)) << "recurrent models have no heads";
  EXPECT_THAT(says(headless.uint32("x.attention.head_count", 16)), HasSubstr("larger than the width"));
}

TEST(GgufShapeTest, real_model_has_its_published_dimensions) {
  const auto path = test::shared_dir() / "models/llm/stories260K-f32.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no test model at " << path;
  const auto file = read_gguf(path);
  ASSERT_TRUE(file);
  const auto shape = read_model_shape(*file);
  ASSERT_TRUE(shape) << to_string(shape.error());
  EXPECT_EQ(shape->n_layer, 5U);
  EXPECT_EQ(shape->n_embd, 64U);
  EXPECT_EQ(shape->n_vocab, 512U);
  EXPECT_EQ(shape->n_head.front(), 8U);
  EXPECT_EQ(shape->n_head_kv.front(), 4U);
}

}  // namespace
}  // namespace hearth
