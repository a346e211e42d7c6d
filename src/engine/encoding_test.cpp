#include "engine/encoding.h"

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

EmbeddingRequest ask(std::vector<std::variant<std::string, std::vector<Token>>> inputs) {
  return {.model = "m", .key = {}, .inputs = std::move(inputs), .pooling = "mean", .prompt = {}, .normalize = false};
}

using Vector = std::vector<float>;

TEST(Encoding, pools_the_tokens_of_each_text_in_the_callers_order) {
  const auto made = encoder(3);
  const auto result = embed_with(*made, ask({"a a a a a a a a a a a b", "a", "", "b"}), {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->embeddings.at(1), (Vector{3, 1}));  // (2 + 4 + 3) / 3
  EXPECT_EQ(result->embeddings.at(2), (Vector{2.5, 1}));
  EXPECT_FLOAT_EQ(result->embeddings.at(3)[0], 10.0F / 3);
  EXPECT_FLOAT_EQ(result->embeddings.at(0)[0], 54.0F / 14);
  EXPECT_EQ(result->prompt_tokens, 14U + 3 + 2 + 3);
}

TEST(Encoding, token_lists_are_taken_as_they_are) {
  const auto made = encoder(3);
  const auto result = embed_with(*made, ask({std::vector<Token>{4, 4}}), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->embeddings.at(0), (Vector{4, 1}));
  EXPECT_EQ(embed_with(*made, ask({std::vector<Token>{4, 7}}), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*made, ask({std::vector<Token>(513, 4)}), {}).error().code, ErrorCode::kDoesNotFit);
}

TEST(Encoding, writes_the_prompt_before_the_text) {
  const auto made = encoder(3, {.prompts = {{"query", "q: "}}, .default_prompt = ""});
  auto request = ask({"a"});
  request.prompt = "query";
  EXPECT_EQ(embed_with(*made, request, {})->embeddings.at(0), (Vector{3.75, 1}));  // (2 + 6 + 4 + 3) / 4
  request.prompt = "passage";
  const auto refused = embed_with(*made, request, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("query"), std::string::npos);
}

TEST(Encoding, cuts_long_texts_and_says_so) {
  const auto made = encoder(3, {.max_tokens = 4});
  const auto result = embed_with(*made, ask({"a a a b b"}), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->cut_tokens, 3U);
  EXPECT_EQ(result->embeddings.at(0), (Vector{3.25, 1}));
}

TEST(Encoding, many_texts_on_several_lanes_come_back_each_in_its_place) {
  const auto made = encoder(3);
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
  const auto made = encoder(3);
  auto request = ask({"a"});
  request.size = 3;
  EXPECT_EQ(embed_with(*made, request, {}).error().code, ErrorCode::kInvalidArgument);
  request.size = 1;
  EXPECT_EQ(embed_with(*made, request, {})->embeddings.at(0).size(), 1U);
  request = ask({"a"});
  request.pooling = "median";
  EXPECT_EQ(embed_with(*made, request, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*made, ask({}), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(embed_with(*encoder(2), ask({"a"}), {}).error().code, ErrorCode::kUnsupported);
}

TEST(Encoding, numbers_that_are_none_are_an_error) {
  const auto poisoned = encoder(3, {}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(embed_with(*poisoned, ask({"a"}), {}).error().code, ErrorCode::kInvalidData);
}

TEST(Encoding, a_cancelled_call_ends) {
  const auto made = encoder(3);
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(embed_with(*made, ask({"a"}), {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

TEST(Encoding, a_graph_with_other_inputs_is_no_encoder) {
  auto pictures = ports(3);
  pictures.inputs[0].name = "pixel_values";
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  lanes.push_back(std::make_unique<ScriptedLane>(3));
  const auto made = SentenceEncoder::make(pictures, {*Tokenizer::parse(kTokenizer), {}}, std::move(lanes));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(made.error().message.find("pixel_values"), std::string::npos);
}

TEST(Encoding, a_cross_encoder_ranks_by_pairs) {
  const auto result = rerank_with(*encoder(2), {.model = "m", .key = {}, .query = "a", .documents = {"a", "b"}}, {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->method, RerankMethod::kCrossEncoder);
  EXPECT_LT(result->scores.at(0), 1.0F + 1e-6F);
  EXPECT_GE(result->scores.at(1), result->scores.at(0));
  EXPECT_EQ(result->prompt_tokens, 10U);  // [CLS] a [SEP] a [SEP], twice
}

TEST(Encoding, an_embedding_model_ranks_by_cosine) {
  const auto result =
      rerank_with(*encoder(3), {.model = "m", .key = {}, .query = "a a", .documents = {"b b b b", "a a"}}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->method, RerankMethod::kCosine);
  EXPECT_NEAR(result->scores.at(1), 1, 1e-6);
  EXPECT_LT(result->scores.at(0), result->scores.at(1));
  EXPECT_EQ(rerank_with(*encoder(3), {.model = "m", .key = {}, .query = "", .documents = {"b"}}, {}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
