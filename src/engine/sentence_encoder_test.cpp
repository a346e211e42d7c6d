#include "engine/sentence_encoder.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/encoder_fixture.h"

namespace hearth {
namespace {

using Vector = std::vector<float>;

Result<std::vector<Vector>> embed(SentenceEncoder& made, const std::vector<std::string>& texts,
                                  EncodeOptions options = {.normalize = false}, const CallBounds& bounds = {}) {
  std::vector<TokenSequence> sequences;
  for (const auto& text : texts) {
    HEARTH_ASSIGN(sequence, made.tokenize(text, {}));
    sequences.push_back(std::move(sequence));
  }
  return made.embed(sequences, options, bounds);
}

TEST(SentenceEncoder, pools_the_tokens_of_each_text_in_the_callers_order) {
  const auto vectors = embed(*scripted_encoder(3), {"a a a a a a a a a a a b", "a", "", "b"});
  ASSERT_TRUE(vectors) << vectors.error().message;
  EXPECT_EQ(vectors->at(1), (Vector{3, 1}));  // (2 + 4 + 3) / 3
  EXPECT_EQ(vectors->at(2), (Vector{2.5, 1}));
  EXPECT_FLOAT_EQ(vectors->at(3)[0], 10.0F / 3);
  EXPECT_FLOAT_EQ(vectors->at(0)[0], 54.0F / 14);
}

TEST(SentenceEncoder, writes_the_prompt_before_the_text) {
  const auto made = scripted_encoder(3, {.prompts = {{"query", "q: "}}, .default_prompt = ""});
  EXPECT_EQ(made->tokenize("a", "query")->ids, (std::vector<std::int32_t>{2, 6, 4, 3}));
  EXPECT_EQ(made->tokenize("a", "")->ids, (std::vector<std::int32_t>{2, 4, 3}));
  const auto refused = made->tokenize("a", "passage");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().hint.find("query"), std::string::npos);
}

TEST(SentenceEncoder, cuts_long_texts_and_says_so) {
  const auto made = scripted_encoder(3, {.max_tokens = 4});
  EXPECT_EQ(made->tokenize("a a a b b", {})->cut_tokens, 3U);
  EXPECT_EQ(embed(*made, {"a a a b b"})->at(0), (Vector{3.25, 1}));
}

TEST(SentenceEncoder, many_texts_on_several_lanes_come_back_each_in_its_place) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    std::string text = "b";
    for (int k = 0; k < i % 97; ++k) text += " a";
    texts.push_back(text);
  }
  const auto vectors = embed(*scripted_encoder(3), texts);
  ASSERT_TRUE(vectors);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto n = static_cast<float>(i % 97);
    EXPECT_FLOAT_EQ(vectors->at(i)[0], (2 + 5 + 4 * n + 3) / (n + 3));
  }
}

TEST(SentenceEncoder, keeps_leading_dimensions_and_refuses_more_than_there_are) {
  const auto made = scripted_encoder(3);
  EXPECT_EQ(embed(*made, {"a"}, {.normalize = true, .size = 1})->at(0), (Vector{1}));
  EXPECT_EQ(embed(*made, {"a"}, {.size = 3}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed(*made, {"a"}, {.size = 0}).error().code, ErrorCode::kInvalidArgument);
}

TEST(SentenceEncoder, numbers_that_are_none_are_an_error) {
  const auto poisoned = scripted_encoder(3, {}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(embed(*poisoned, {"a"}).error().code, ErrorCode::kInvalidData);
}

TEST(SentenceEncoder, a_cancelled_call_ends) {
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(embed(*scripted_encoder(3), {"a"}, {}, {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

TEST(SentenceEncoder, a_graph_with_other_inputs_is_no_encoder) {
  auto pictures = encoder_ports(3);
  pictures.inputs[0].name = "pixel_values";
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  lanes.push_back(std::make_unique<ScriptedLane>(3));
  const auto made = SentenceEncoder::make(pictures, {*Tokenizer::parse(kEncoderTokenizer), {}}, std::move(lanes));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(made.error().message.find("pixel_values"), std::string::npos);
}

TEST(SentenceEncoder, a_cross_encoder_scores_pairs_and_embeds_nothing) {
  const auto made = scripted_encoder(2);
  const std::vector<TokenSequence> pairs = {*made->tokenize_pair("a", "a"), *made->tokenize_pair("a", "b")};
  const auto scores = made->score(pairs, {});
  ASSERT_TRUE(scores) << scores.error().message;
  EXPECT_EQ(*scores, (Vector{16, 17}));  // 2 + 4 + 3 + 4 + 3, and b for a
  EXPECT_EQ(embed(*made, {"a"}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(scripted_encoder(3)->score(pairs, {}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth
