#include "engine/encoding_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>

#include "engine/encoder_fixture.h"
#include "engine/tensor_fixture.h"

namespace hearth {
namespace {

// Answers whatever a text model would be asked with its own name, so that it shows who was asked.
class OtherTexts final : public TextService {
 public:
  explicit OtherTexts(std::vector<ModelFacts> models) : models_(std::move(models)) {}
  void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) override {
    done(EmbeddingResult{.model = "text service: " + request.model, .embeddings = {}});
  }
  void rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) override {
    RerankResult result;
    result.model = "text service: " + request.model;
    done(std::move(result));
  }
  std::uint64_t submit(TextRequest, std::shared_ptr<TextListener>) override { return 77; }
  void cancel(std::uint64_t) override {}
  void with_kit(const std::string&, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override {
    done(fail(ErrorCode::kUnsupported, "no kit"));
  }
  void load_adapter(const std::string&, const std::string&, const std::string&,
                    std::function<void(Status)> done) override {
    done({});
  }
  void unload_adapter(const std::string&, const std::string&, std::function<void(Status)> done) override { done({}); }
  [[nodiscard]] std::vector<ModelFacts> models() const override { return models_; }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override {
    for (const auto& facts : models_) {
      if (facts.name == name || std::ranges::count(facts.aliases, name) > 0) return facts;
    }
    return fail(ErrorCode::kNotFound, "there is no model '" + name + "'");
  }
  [[nodiscard]] EngineStatus status() const override { return {}; }

 private:
  std::vector<ModelFacts> models_;
};

// A graph that gives each token the vector {3, 3}.
constexpr const char* kEncoder = R"({"hearth_fake": 1, "name": "encoder", "tensor": {
  "inputs": [{"name": "input_ids", "type": "i64", "shape": [-1, -1]},
             {"name": "attention_mask", "type": "i64", "shape": [-1, -1]}],
  "outputs": [{"name": "last_hidden_state", "type": "f32", "shape": [-1, -1, 2], "rule": "table",
               "values": [3]}]}})";

class EncodingServiceTest : public TensorEngineTest {
 protected:
  EncodingServiceTest() {
    provider_.offer("encoder", {.script = kEncoder});
    folder_ = TestRuntimes::file("encoder.fake.json", kEncoder).parent_path();
    (void)TestRuntimes::file("tokenizer.json", kEncoderTokenizer);
    ModelFacts encoder;
    encoder.name = "encoder";
    encoder.aliases = {"small"};
    encoder.kind = ModelKind::kTensor;
    encoder.path = (folder_ / "encoder.fake.json").string();
    ModelFacts chat;
    chat.name = "chat";
    ModelFacts bare = encoder;
    bare.name = "bare";
    bare.aliases = {};
    bare.path = (folder_ / "no" / "where" / "encoder.fake.json").string();
    texts_ = std::make_unique<OtherTexts>(std::vector{encoder, chat, bare});
  }
  Result<EmbeddingResult> embed(EncodingService& service, const std::string& model, const std::string& text) {
    std::promise<Result<EmbeddingResult>> answered;
    service.embed({.model = model, .key = {}, .inputs = {text}},
                  [&](Result<EmbeddingResult> result) { answered.set_value(std::move(result)); });
    return answered.get_future().get();
  }

  std::filesystem::path folder_;
  std::unique_ptr<OtherTexts> texts_;
};

TEST_F(EncodingServiceTest, a_graph_embeds_on_a_lane_of_the_tensor_service) {
  EncodingService service(*texts_, engine());
  const auto result = embed(service, "small", "a b");
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->model, "encoder") << "the alias stands for it";
  ASSERT_EQ(result->embeddings.size(), 1U);
  ASSERT_EQ(result->embeddings[0].size(), 2U);
  EXPECT_NEAR(result->embeddings[0][0], std::sqrt(0.5F), 1e-6);
  EXPECT_EQ(result->prompt_tokens, 4U);
  EXPECT_EQ(provider_.loads("encoder"), 1);
  const auto pools = residents_->status().pools;
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_GT(pools[0].peak_bytes, 0U) << "the graph is not in the ledger";
}

TEST_F(EncodingServiceTest, documents_are_ranked_on_the_graph) {
  EncodingService service(*texts_, engine());
  std::promise<Result<RerankResult>> answered;
  service.rerank({.model = "encoder", .key = {}, .query = "a", .documents = {"a", "b"}},
                 [&](Result<RerankResult> result) { answered.set_value(std::move(result)); });
  const auto result = answered.get_future().get();
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->method, RerankMethod::kCosine);
  EXPECT_NEAR(result->scores.at(1), 1, 1e-6);
}

TEST_F(EncodingServiceTest, text_models_and_unknown_ones_are_the_text_services) {
  EncodingService service(*texts_, engine());
  EXPECT_EQ(embed(service, "chat", "a")->model, "text service: chat");
  EXPECT_EQ(embed(service, "nobody", "a")->model, "text service: nobody");
  EXPECT_EQ(service.submit({}, nullptr), 77U);
}

TEST_F(EncodingServiceTest, a_graph_without_its_tokenizer_is_refused_by_the_files_name) {
  EncodingService service(*texts_, engine());
  const auto result = embed(service, "bare", "a");
  ASSERT_FALSE(result);
  EXPECT_NE(to_string(result.error()).find("tokenizer.json"), std::string::npos) << to_string(result.error());
}

TEST_F(EncodingServiceTest, more_than_may_wait_are_refused_with_when_to_come_back) {
  EncodingService service(*texts_, engine(), {.queue = 0, .n_threads = 1});
  const auto result = embed(service, "encoder", "a");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kOverloaded);
}

TEST_F(EncodingServiceTest, every_request_is_answered_when_the_service_ends) {
  std::atomic<int> answered = 0;
  {
    EncodingService service(*texts_, engine(), {.queue = 64, .n_threads = 1});
    for (int i = 0; i < 30; ++i)
      service.embed({.model = "encoder", .key = {}, .inputs = {std::string("a")}},
                    [&](const Result<EmbeddingResult>& result) {
                      EXPECT_TRUE(result || result.error().code == ErrorCode::kUnavailable);
                      ++answered;
                    });
  }
  EXPECT_EQ(answered, 30);
}

}  // namespace
}  // namespace hearth
