#include "engine/encoding.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/encoder_fixture.h"

namespace hearth {
namespace {

EmbeddingRequest ask(std::vector<std::variant<std::string, std::vector<Token>>> inputs) {
  return {.model = "m", .key = {}, .inputs = std::move(inputs), .pooling = "mean", .prompt = {}, .normalize = false};
}

using Vector = std::vector<float>;

TEST(Encoding, pools_the_tokens_of_each_text_in_the_callers_order) {
  const auto made = scripted_encoder(3);
  const auto result = embed_with(*made, ask({"a a a a a a a a a a a b", "a", "", "b"}), {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->embeddings.at(1), (Vector{3, 1}));  // (2 + 4 + 3) / 3
  EXPECT_EQ(result->embeddings.at(2), (Vector{2.5, 1}));
  EXPECT_FLOAT_EQ(result->embeddings.at(3)[0], 10.0F / 3);
  EXPECT_FLOAT_EQ(result->embeddings.at(0)[0], 54.0F / 14);
  EXPECT_EQ(result->prompt_tokens, 14U + 3 + 2 + 3);
}

TEST(Encoding, token_lists_are_taken_as_they_are) {
  const auto made = scripted_encoder(3);
  const auto result = embed_with(*made, ask({std::vector<Token>{4, 4}}), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->embeddings.at(0), (Vector{4, 1}));
  EXPECT_EQ(embed_with(*made, ask({std::vector<Token>{4, 7}}), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*made, ask({std::vector<Token>(513, 4)}), {}).error().code, ErrorCode::kDoesNotFit);
}

TEST(Encoding, writes_the_prompt_before_the_text) {
  const auto made = scripted_encoder(3, {.prompts = {{"query", "q: "}}, .default_prompt = ""});
  auto request = ask({"a"});
  request.prompt = "query";
  EXPECT_EQ(embed_with(*made, request, {})->embeddings.at(0), (Vector{3.75, 1}));  // (2 + 6 + 4 + 3) / 4
  request.prompt = "passage";
  const auto refused = embed_with(*made, request, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("query"), std::string::npos);
}

TEST(Encoding, cuts_long_texts_and_says_so) {
  const auto made = scripted_encoder(3, {.max_tokens = 4});
  const auto result = embed_with(*made, ask({"a a a b b"}), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->cut_tokens, 3U);
  EXPECT_EQ(result->embeddings.at(0), (Vector{3.25, 1}));
}

TEST(Encoding, many_texts_on_several_lanes_come_back_each_in_its_place) {
  const auto made = scripted_encoder(3);
  EmbeddingRequest request = ask({});
  for (int i = 0; i < 400; ++i) {
    std::string text = "b";
    for (int k = 0; k < i % 97; ++k) text += " a";
    request.inputs.emplace_back(text);
  }
  const auto result = embed_with(*made, request, {});
  ASSERT_TRUE(result);
  for (int i = 0; i < 400; ++i) {
    const auto n = static_cast<float>(i % 97);
    EXPECT_FLOAT_EQ(result->embeddings[static_cast<std::size_t>(i)][0], (2 + 5 + 4 * n + 3) / (n + 3));
  }
}

TEST(Encoding, refuses_what_its_model_cannot_give) {
  const auto made = scripted_encoder(3);
  auto request = ask({"a"});
  request.size = 3;
  EXPECT_EQ(embed_with(*made, request, {}).error().code, ErrorCode::kInvalidArgument);
  request.size = 1;
  EXPECT_EQ(embed_with(*made, request, {})->embeddings.at(0).size(), 1U);
  request = ask({"a"});
  request.pooling = "median";
  EXPECT_EQ(embed_with(*made, request, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*made, ask({}), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*scripted_encoder(2), ask({"a"}), {}).error().code, ErrorCode::kUnsupported);
}

TEST(Encoding, numbers_that_are_none_are_an_error) {
  const auto poisoned = scripted_encoder(3, {}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(embed_with(*poisoned, ask({"a"}), {}).error().code, ErrorCode::kInvalidData);
}

TEST(Encoding, a_cancelled_call_ends) {
  const auto made = scripted_encoder(3);
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(embed_with(*made, ask({"a"}), {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

TEST(Encoding, a_cross_encoder_ranks_by_pairs) {
  const auto result =
      rerank_with(*scripted_encoder(2), {.model = "m", .key = {}, .query = "a", .documents = {"a", "b"}}, {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->method, RerankMethod::kCrossEncoder);
  EXPECT_LT(result->scores.at(0), 1.0F + 1e-6F);
  EXPECT_GE(result->scores.at(1), result->scores.at(0));
  EXPECT_EQ(result->prompt_tokens, 10U);  // [CLS] a [SEP] a [SEP], twice
}

TEST(Encoding, an_embedding_model_ranks_by_cosine) {
  const auto result =
      rerank_with(*scripted_encoder(3), {.model = "m", .key = {}, .query = "a a", .documents = {"b b b b", "a a"}}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->method, RerankMethod::kCosine);
  EXPECT_NEAR(result->scores.at(1), 1, 1e-6);
  EXPECT_LT(result->scores.at(0), result->scores.at(1));
  EXPECT_EQ(
      rerank_with(*scripted_encoder(3), {.model = "m", .key = {}, .query = "", .documents = {"b"}}, {}).error().code,
      ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
