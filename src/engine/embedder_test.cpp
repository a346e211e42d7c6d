#include "engine/embedder.h"

#include <cmath>
#include <numeric>
#include <random>

#include "engine/runtime_fixture.h"

namespace hearth {
namespace {

using Embedding = std::vector<float>;

class Embeddings : public testing::Test {
 protected:
  // What came of a job, and in how many steps.
  struct Outcome {
    Result<EmbeddingResult> result = fail(ErrorCode::kInternal, "not answered");
    int steps = 0;
    [[nodiscard]] const Embedding& at(std::size_t i) const { return result->embeddings.at(i); }
  };
  [[nodiscard]] static Outcome run(Embedder& embedder, EmbeddingJob job, std::uint32_t budget = 512) {
    Outcome out;
    job.done = [&](Result<EmbeddingResult> result) { out.result = std::move(result); };
    for (;;) {
      ++out.steps;
      const auto more = embedder.step(job, budget);
      if (!more) job.fail(more.error());
      if (!more || !*more) return out;
    }
  }
  [[nodiscard]] static EmbeddingJob job(std::vector<std::vector<Token>> texts) {
    EmbeddingJob made;
    made.texts = std::move(texts);
    return made;
  }
  [[nodiscard]] static std::vector<Token> tokens(std::size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Token> out(n);
    for (auto& token : out) token = static_cast<Token>(3 + random() % 200);
    return out;
  }
  [[nodiscard]] static double cosine(const Embedding& a, const Embedding& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  }
  TestRuntimes runtimes_;
};

TEST_F(Embeddings, do_not_depend_on_steps_nor_on_company) {
  const auto model = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));
  Embedder embedder(model, {});
  std::vector<std::vector<Token>> texts;
  for (unsigned i = 0; i < 40; ++i) texts.push_back(tokens(1 + i * 7 % 90, i));
  const auto together = run(embedder, job(texts));
  const auto chopped = run(embedder, job(texts), 13);
  ASSERT_TRUE(together.result && chopped.result);
  EXPECT_LT(together.steps, 8);
  EXPECT_GT(chopped.steps, 100);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(together.at(i), run(embedder, job({texts[i]})).at(0)) << i;
    EXPECT_EQ(together.at(i), chopped.at(i)) << i;
    EXPECT_NEAR(cosine(together.at(i), together.at(i)), 1, 1e-5);
  }
}

TEST_F(Embeddings, pooling_takes_the_tokens_it_names) {
  const auto model = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));
  Embedder embedder(model, {});
  const auto of = [&](const char* pooling, std::vector<Token> text) {
    auto made = job({std::move(text)});
    made.pooling = pooling;
    made.normalize = false;
    return run(embedder, std::move(made)).at(0);
  };
  const std::vector<Token> two = {5, 9};
  const auto first = of("cls", two);
  const auto last = of("last", two);
  EXPECT_EQ(first, of("last", {5}));
  EXPECT_NE(first, last);
  const auto mean = of("mean", two);
  for (std::size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(mean[i], (first[i] + last[i]) / 2, 1e-6);
  EXPECT_EQ(mean, of("", two));
}

TEST_F(Embeddings, are_cut_and_then_normalised_again) {
  const auto model = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));
  Embedder embedder(model, {});
  auto whole = job({tokens(20, 1)});
  auto cut = whole;
  cut.size = 4;
  const auto a = run(embedder, std::move(whole)).at(0);
  const auto b = run(embedder, std::move(cut)).at(0);
  ASSERT_EQ(b.size(), 4U);
  EXPECT_NEAR(cosine(b, b), 1, 1e-5);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_NEAR(b[i] / b[0], a[i] / a[0], 1e-4);
}

TEST_F(Embeddings, what_does_not_fit_or_makes_no_sense_is_refused_and_harms_nobody) {
  const auto model = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));  // trained on 512 tokens
  Embedder embedder(model, {});
  const auto refused = [&](EmbeddingJob made) { return run(embedder, std::move(made)).result.error(); };
  const auto too_long = refused(job({tokens(3, 1), tokens(513, 2)}));
  EXPECT_EQ(too_long.code, ErrorCode::kDoesNotFit);
  EXPECT_NE(too_long.message.find("text 1 has 513 tokens"), std::string::npos) << too_long.message;
  auto odd = job({{5}});
  odd.pooling = "sum";
  EXPECT_EQ(refused(odd).code, ErrorCode::kInvalidArgument);
  odd.pooling = "";
  odd.size = 17;
  EXPECT_EQ(refused(odd).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(job({})).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(job({{5}, {}})).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(job(std::vector<std::vector<Token>>(EmbeddingJob::kTextsMax + 1, {5}))).code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(run(embedder, job({tokens(512, 3)})).result);
}

TEST_F(Embeddings, a_job_given_up_halfway_leaves_nothing_behind) {
  const auto model = runtimes_.load("fake", TestRuntimes::sample("story.fake.json"));
  Embedder embedder(model, {});
  auto left = job({tokens(300, 1)});
  EXPECT_TRUE(must(embedder.step(left, 64)));
  const auto text = tokens(400, 2);
  const auto after = run(embedder, job({text})).at(0);
  EXPECT_EQ(after, run(embedder, job({text})).at(0));
}

// Books with a limit, which tell what was written into them.
class RecordingLedger final : public ContextLedger {
 public:
  Status reserve(const TextOptions& options) override {
    if (options.n_ctx > cells_max) return fail(ErrorCode::kOverloaded, "no memory");
    told += "reserve ";
    return {};
  }
  void made(bool done) override { told += done ? "made " : "not made "; }
  void gone() override { told += "gone "; }
  std::uint32_t cells_max = 100'000;
  std::string told;
};

TEST_F(Embeddings, tell_the_books_of_every_context) {
  const auto model = runtimes_.fake(R"({"hearth_fake": 1, "name": "e", "context_length": 10000,
    "otherwise": {"rule": "words"}, "faults": [{"call": "context_new", "nth": 3, "do": "bad_alloc"}]})");
  RecordingLedger ledger;
  {
    Embedder embedder(model, {}, &ledger);
    EXPECT_EQ(ledger.told, "") << "nothing before the first text";
    EXPECT_TRUE(run(embedder, job({tokens(5, 1)})).result);
    EXPECT_TRUE(run(embedder, job({tokens(9, 1)})).result);
    EXPECT_EQ(ledger.told, "reserve made ");
    EXPECT_TRUE(run(embedder, job({tokens(3000, 1)})).result) << "a longer text needs another context";
    EXPECT_EQ(ledger.told, "reserve made gone reserve made ");
    EXPECT_FALSE(run(embedder, job({tokens(5000, 1)})).result) << "there was no memory for it after all";
    EXPECT_EQ(ledger.told, "reserve made gone reserve made gone reserve not made ");
    ledger.told.clear();
    ledger.cells_max = 2048;
    const auto refused = run(embedder, job({tokens(5000, 1)}));
    EXPECT_EQ(refused.result.error().code, ErrorCode::kOverloaded);
    EXPECT_TRUE(run(embedder, job({tokens(5, 1)})).result);
    EXPECT_EQ(ledger.told, "reserve made ");
  }
  EXPECT_EQ(ledger.told, "reserve made gone ");
}

// Pooled by llama.cpp itself, in one piece, the same must come out.
TEST_F(Embeddings, of_a_decoder_model_are_llama_cpps_own) {
  if (!runtimes_.has("llama")) GTEST_SKIP() << "the llama runtime was not built here";
  const auto model = runtimes_.load("llama", TestRuntimes::starter());
  const auto text = must(model->tokenize("A little girl went to the park and saw a big brown dog.", true, false));
  for (const char* pooling : {"mean", "last"}) {
    TextOptions options;
    options.n_ctx = options.n_batch = options.n_ubatch = 256;
    options.embeddings = true;
    options.pooling = pooling;
    auto context = must(model->new_context(options));
    std::vector<BatchEntry> batch;
    for (const Token token : text) batch.push_back({token, static_cast<std::int32_t>(batch.size()), 0, false});
    batch.back().wants_output = true;
    const auto rows = must(context->decode(batch));
    Embedding expected(rows.row(0).begin(), rows.row(0).end());
    const double length = std::sqrt(cosine(expected, expected));
    for (float& value : expected) value = static_cast<float>(value / length);
    Embedder embedder(model, {});
    auto made = job({text, must(model->tokenize("Something else.", true, false))});
    made.pooling = pooling;
    EXPECT_GT(cosine(run(embedder, made).at(0), expected), 0.9999) << pooling;
    EXPECT_GT(cosine(run(embedder, made, 5).at(0), expected), 0.9999) << pooling;
    EXPECT_LT(cosine(run(embedder, made).at(1), expected), 0.999) << pooling;
  }
}

}  // namespace
}  // namespace hearth
