// The embedder on a model that sees a text at once and pools it itself: a small BERT with random weights.
#include <unistd.h>

#include <cmath>
#include <numeric>

#include "llama_fixture.h"

#ifdef HEARTH_CAN_MAKE_GGUF
#include "engine/embedder.h"
#include "gguf_context.h"
#include "random_weights.h"
#include "vocabulary.h"

namespace hearth::test {
namespace {

using namespace make_gguf;
using Embedding = std::vector<float>;

constexpr std::int64_t kEmbd = 64;
constexpr std::int64_t kForward = 128;
constexpr std::int64_t kVocab = 512;
constexpr std::uint32_t kTrained = 2048;  // tokens of a text

// Source: llama.cpp 0.5.0, the tensors that its architecture "bert" loads.
class BertFile {
 public:
  BertFile() : file_(gguf_init_empty()), tensors_(ggml_init({std::size_t{16} << 20U, nullptr, false})), random_(1) {
    gguf_set_val_str(file_.get(), "general.architecture", "bert");
    KeyWriter keys(file_.get(), "bert");
    keys.number("context_length", kTrained);
    keys.number("embedding_length", kEmbd);
    keys.number("feed_forward_length", kForward);
    keys.number("block_count", 1);
    keys.number("attention.head_count", 4);
    keys.number("pooling_type", 1);
    keys.real("attention.layer_norm_epsilon", 1e-12F);
    keys.flag("attention.causal", false);
    gguf_set_val_u32(file_.get(), "tokenizer.ggml.token_type_count", 2);
    if (!write_synthetic_vocabulary(file_.get(), kVocab)) throw std::runtime_error("no vocabulary");
    add("token_embd.weight", kEmbd, kVocab);
    add("token_types.weight", kEmbd, 2);
    add("position_embd.weight", kEmbd, kTrained);
    norm("token_embd_norm");
    for (const char* each : {"attn_q", "attn_k", "attn_v", "attn_output"}) linear(each, kEmbd, kEmbd);
    linear("ffn_up", kEmbd, kForward);
    linear("ffn_down", kForward, kEmbd);
    norm("blk.0.attn_output_norm");
    norm("blk.0.layer_output_norm");
  }
  void write(const std::filesystem::path& path) {
    if (!gguf_write_to_file(file_.get(), path.c_str(), false)) throw std::runtime_error("not written");
  }

 private:
  void add(const std::string& name, std::int64_t n0, std::int64_t n1, float mean = 0, float deviation = 0.2F) {
    ggml_tensor* tensor = n1 == 0 ? ggml_new_tensor_1d(tensors_.get(), GGML_TYPE_F32, n0)
                                  : ggml_new_tensor_2d(tensors_.get(), GGML_TYPE_F32, n0, n1);
    ggml_set_name(tensor, name.c_str());
    auto* values = static_cast<float*>(tensor->data);
    for (std::int64_t i = 0; i < ggml_nelements(tensor); ++i) values[i] = mean + deviation * random_.normal();
    gguf_add_tensor(file_.get(), tensor);
  }
  void linear(const std::string& name, std::int64_t n_in, std::int64_t n_out) {
    add("blk.0." + name + ".weight", n_in, n_out);
    add("blk.0." + name + ".bias", n_out, 0, 0, 0.01F);
  }
  void norm(const std::string& name) {
    add(name + ".weight", kEmbd, 0, 1, 0.01F);
    add(name + ".bias", kEmbd, 0, 0, 0.01F);
  }
  GgufContext file_;
  GgmlContext tensors_;
  Random random_;
};

class Encoder : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) / ("hearth-bert-" + std::to_string(getpid()) + ".gguf");
    BertFile().write(path_);
    model_ = load_text({.path = path_.string()});
  }
  void TearDown() override { std::filesystem::remove(path_); }

  [[nodiscard]] static std::vector<Token> text(std::size_t n, Token first) {
    std::vector<Token> out(n);
    for (std::size_t i = 0; i < n; ++i)
      out[i] = 10 + static_cast<Token>((static_cast<std::size_t>(first) + 7 * i) % 400);
    return out;
  }
  [[nodiscard]] static Result<EmbeddingResult> run(Embedder& embedder, std::vector<std::vector<Token>> texts,
                                                   int* steps = nullptr) {
    Result<EmbeddingResult> out = fail(ErrorCode::kInternal, "not answered");
    EmbeddingJob job;
    job.texts = std::move(texts);
    job.done = [&](Result<EmbeddingResult> result) { out = std::move(result); };
    for (;;) {
      if (steps != nullptr) ++*steps;
      const auto more = embedder.step(job);
      if (!more) job.fail(more.error());
      if (!more || !*more) return out;
    }
  }
  [[nodiscard]] static double cosine(const Embedding& a, const Embedding& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  }
  std::filesystem::path path_;
  std::shared_ptr<TextModel> model_;
};

TEST_F(Encoder, embeds_texts_alone_as_in_company_and_long_ones_whole) {
  Embedder embedder(model_, {.n_threads = 1});
  std::vector<std::vector<Token>> texts;
  for (Token i = 0; i < 20; ++i) texts.push_back(text(5 + static_cast<std::size_t>(i) * 9, i));
  texts.push_back(text(1500, 3));  // more than a step has
  int steps = 0;
  const auto all = run(embedder, texts, &steps);
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_LT(steps, 10);
  for (std::size_t i = 0; i < texts.size(); i += 4) {
    const auto alone = run(embedder, {texts[i]});
    ASSERT_TRUE(alone) << to_string(alone.error());
    EXPECT_GT(cosine(alone->embeddings[0], all->embeddings[i]), 0.9999) << i;
    EXPECT_NEAR(cosine(alone->embeddings[0], alone->embeddings[0]), 1, 1e-5);
  }
  EXPECT_LT(cosine(all->embeddings[0], all->embeddings[1]), 0.999);
}

TEST_F(Encoder, refuses_what_is_longer_than_it_was_trained_on) {
  Embedder embedder(model_, {.n_threads = 1});
  const auto refused = run(embedder, {text(kTrained + 1, 0)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDoesNotFit);
}

}  // namespace
}  // namespace hearth::test
#endif
