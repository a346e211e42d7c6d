#include "engine/sentence_encoder.h"

#include <gtest/gtest.h>

#include <limits>
namespace hearth {
namespace {

constexpr const char* kTokenizer = R"({
  "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
  "pre_tokenizer": {"type": "WhitespaceSplit"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]",
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "q:": 6}}})";

// A graph that gives each token the vector {its id, 1}, and a pair the sum of its ids as a score.
class ScriptedLane final : public EncoderLane {
 public:
  explicit ScriptedLane(std::size_t rank, float poison = 0) : rank_(rank), poison_(poison) {}
  Result<std::vector<TensorView>> inputs(std::span<const Shape> shapes) override {
    shape_ = shapes[0];
    ids_.assign(*shape_.n_elements(), -1);
    mask_.assign(ids_.size(), -1);
    return std::vector<TensorView>{view_of(std::span(ids_), shape_), view_of(std::span(mask_), shape_)};
  }
  Result<TensorView> run(std::uint32_t, const CallBounds& bounds) override {
    if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    out_.clear();
    for (std::int64_t row = 0; row < shape_[0]; ++row) {
      float sum = poison_;
      for (std::int64_t at = 0; at < shape_[1]; ++at) {
        const auto i = static_cast<std::size_t>(row * shape_[1] + at);
        sum += static_cast<float>(ids_[i] * mask_[i]);
        // What padding gives must never reach a result.
        if (rank_ == 3) out_.insert(out_.end(), {mask_[i] != 0 ? static_cast<float>(ids_[i]) + poison_ : 1e9F, 1});
      }
      if (rank_ == 2) out_.push_back(sum);
    }
    if (rank_ == 3) return view_of(std::span<const float>(out_), {shape_[0], shape_[1], 2});
    return view_of(std::span<const float>(out_), {shape_[0], 1});
  }

 private:
  std::size_t rank_;
  float poison_;
  Shape shape_;
  std::vector<std::int64_t> ids_;
  std::vector<std::int64_t> mask_;
  std::vector<float> out_;
};

TensorPorts ports(std::size_t rank) {
  TensorPorts all;
  all.inputs = {{"input_ids", DataType::kI64, {-1, -1}, ""}, {"attention_mask", DataType::kI64, {-1, -1}, ""}};
  if (rank == 3)
    all.outputs = {{"last_hidden_state", DataType::kF32, {-1, -1, 2}, ""}};
  else
    all.outputs = {{"logits", DataType::kF32, {-1, 1}, ""}};
  return all;
}

std::unique_ptr<SentenceEncoder> encoder(std::size_t rank, EncoderSettings settings = {}, float poison = 0) {
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  for (int i = 0; i < 3; ++i) lanes.push_back(std::make_unique<ScriptedLane>(rank, poison));
  auto made =
      SentenceEncoder::make(ports(rank), {*Tokenizer::parse(kTokenizer), std::move(settings)}, std::move(lanes));
  EXPECT_TRUE(made);
  return std::move(*made);
}

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
  const auto vectors = embed(*encoder(3), {"a a a a a a a a a a a b", "a", "", "b"});
  ASSERT_TRUE(vectors) << vectors.error().message;
  EXPECT_EQ(vectors->at(1), (Vector{3, 1}));  // (2 + 4 + 3) / 3
  EXPECT_EQ(vectors->at(2), (Vector{2.5, 1}));
  EXPECT_FLOAT_EQ(vectors->at(3)[0], 10.0F / 3);
  EXPECT_FLOAT_EQ(vectors->at(0)[0], 54.0F / 14);
}

TEST(SentenceEncoder, writes_the_prompt_before_the_text) {
  const auto made = encoder(3, {.prompts = {{"query", "q: "}}, .default_prompt = ""});
  EXPECT_EQ(made->tokenize("a", "query")->ids, (std::vector<std::int32_t>{2, 6, 4, 3}));
  EXPECT_EQ(made->tokenize("a", "")->ids, (std::vector<std::int32_t>{2, 4, 3}));
  const auto refused = made->tokenize("a", "passage");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().hint.find("query"), std::string::npos);
}

TEST(SentenceEncoder, cuts_long_texts_and_says_so) {
  const auto made = encoder(3, {.max_tokens = 4});
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
  const auto vectors = embed(*encoder(3), texts);
  ASSERT_TRUE(vectors);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto n = static_cast<float>(i % 97);
    EXPECT_FLOAT_EQ(vectors->at(i)[0], (2 + 5 + 4 * n + 3) / (n + 3));
  }
}

TEST(SentenceEncoder, keeps_leading_dimensions_and_refuses_more_than_there_are) {
  const auto made = encoder(3);
  EXPECT_EQ(embed(*made, {"a"}, {.normalize = true, .size = 1})->at(0), (Vector{1}));
  EXPECT_EQ(embed(*made, {"a"}, {.size = 3}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed(*made, {"a"}, {.size = 0}).error().code, ErrorCode::kInvalidArgument);
}

TEST(SentenceEncoder, numbers_that_are_none_are_an_error) {
  const auto poisoned = encoder(3, {}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(embed(*poisoned, {"a"}).error().code, ErrorCode::kInvalidData);
}

TEST(SentenceEncoder, a_cancelled_call_ends) {
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(embed(*encoder(3), {"a"}, {}, {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

TEST(SentenceEncoder, a_graph_with_other_inputs_is_no_encoder) {
  auto pictures = ports(3);
  pictures.inputs[0].name = "pixel_values";
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  lanes.push_back(std::make_unique<ScriptedLane>(3));
  const auto made = SentenceEncoder::make(pictures, {*Tokenizer::parse(kTokenizer), {}}, std::move(lanes));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(made.error().message.find("pixel_values"), std::string::npos);
}

TEST(SentenceEncoder, a_cross_encoder_scores_pairs_and_embeds_nothing) {
  const auto made = encoder(2);
  const std::vector<TokenSequence> pairs = {*made->tokenize_pair("a", "a"), *made->tokenize_pair("a", "b")};
  const auto scores = made->score(pairs, {});
  ASSERT_TRUE(scores) << scores.error().message;
  EXPECT_EQ(*scores, (Vector{16, 17}));  // 2 + 4 + 3 + 4 + 3, and b for a
  EXPECT_EQ(embed(*made, {"a"}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(encoder(3)->score(pairs, {}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth
