// The prefix cache on llama.cpp: cells, sliding windows and recurrent states, with what comes back compared with what
// is computed anew.
#include <cmath>
#include <cstdlib>
#include <random>

#include "engine/kv_ssd_fixture.h"

#ifndef HEARTH_PATTERNS
#define HEARTH_PATTERNS 30  // of random prefixes; the slow program takes more
#endif

namespace hearth {
namespace {

struct LlamaCase {
  const char* name;
  const char* shape;  // made by make_gguf, tiny; empty: `file`
  const char* file;   // under the shared models, or the starter where that is empty too
  bool has_ranges;    // blocks of ranges; else snapshots
  float noise;        // of a logit, as a share of their spread: quantised activations round to one side or the other
};

void PrintTo(const LlamaCase& c, std::ostream* out) { *out << c.name; }

std::filesystem::path made(const LlamaCase& c) {
#ifdef HEARTH_MAKE_GGUF
  const auto path = fresh_folder(std::string("model-") + c.name) / "model.gguf";
  const std::string command = std::string("\"") + HEARTH_MAKE_GGUF + "\" --tiny -t F16 -s " + c.shape + " -o \"" +
                              path.string() + "\" >/dev/null";
  if (std::system(command.c_str()) == 0) return path;
#else
  (void)c;
#endif
  return {};
}

class KvLlamaTest : public testing::TestWithParam<LlamaCase> {
 protected:
  void SetUp() override {
    const auto& c = GetParam();
    if (!runtimes_.has("llama")) GTEST_SKIP() << "the runtime 'llama' was not built here";
    file_ = *c.shape != '\0' ? made(c) : *c.file != '\0' ? TestRuntimes::shared(c.file) : TestRuntimes::starter();
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "no model " << c.name << " on this machine";
    model_ = runtimes_.load("llama", file_);
    n_vocab_ = must(model_->info()).n_vocab;
    options_ = kv_options(2, 2);
    options_.ram_bytes = 64 << 20;
    options_.ssd_bytes = 256 << 20;
    options_.ssd_folder = fresh_folder(std::string("llama-") + c.name);
  }
  [[nodiscard]] std::vector<Token> tokens(std::size_t n, unsigned seed) const {
    return some_tokens(n, seed, std::min(n_vocab_, 500U) - 10);
  }
  // Where sums are taken in another order (cells lie elsewhere), the last digits differ.
  void expect_same(const std::vector<float>& got, const std::vector<float>& expected, bool and_token) const {
    ASSERT_EQ(got.size(), expected.size());
    float worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - expected[i]));
    EXPECT_LE(worst, GetParam().noise * (std::ranges::max(expected) - std::ranges::min(expected)));
    if (and_token) EXPECT_EQ(KvDriver::best(got), KvDriver::best(expected));
  }
  TestRuntimes runtimes_;
  std::filesystem::path file_;
  std::shared_ptr<TextModel> model_;
  std::uint32_t n_vocab_ = 0;
  KvCacheOptions options_;
};

TEST_P(KvLlamaTest, every_tier_brings_back_what_was_computed) {
  const auto prompt = tokens(200, 1);
  auto longer = prompt;
  longer.push_back(17);
  KvDriver plain(model_, kv_options(1, 0), 1024);
  const auto expected = plain.run(longer, 4, false);
  {
    KvDriver d(model_, options_, 1024);
    d.run(prompt, 1);
    const auto live = d.run(longer);
    EXPECT_EQ(live.reused.tokens[0], 200U);
    expect_same(live.logits, expected.logits, true);
    EXPECT_EQ(live.said, expected.said);
    d.cache().drop_cached(5000);
    const auto ram = d.run(longer);
    EXPECT_EQ(ram.reused.tokens[1], 200U);
    expect_same(ram.logits, expected.logits, true);
    EXPECT_EQ(ram.said, expected.said);
    d.cache().flush(10);
  }
  KvDriver d(model_, options_, 1024);
  const auto ssd = d.run(longer);
  EXPECT_EQ(ssd.reused.tokens[2], 200U);
  expect_same(ssd.logits, expected.logits, true);
  EXPECT_EQ(ssd.said, expected.said);
  EXPECT_EQ(d.cache().facts().damaged_blocks, 0U);
}

TEST_P(KvLlamaTest, branching_prompts_with_the_same_chunks_give_the_same_tokens) {
  std::mt19937 random(5);
  const auto pick = [&](std::size_t n) { return random() % n; };
  options_.ram_bytes = 8 << 20;
  KvDriver d(model_, options_, 900);
  KvDriver plain(model_, kv_options(1, 0), 900);
  std::vector<std::vector<Token>> histories = {tokens(64, 1)};
  std::uint32_t hits = 0;
  for (unsigned i = 0; i < HEARTH_PATTERNS; ++i) {
    auto prompt = histories[pick(histories.size())];
    const std::size_t cut = prompt.size() <= d.chunk ? prompt.size() : d.chunk * (1 + pick(prompt.size() / d.chunk));
    prompt.resize(std::min<std::size_t>(cut, 240));
    const auto more = tokens(1 + pick(60), i + 100);
    prompt.insert(prompt.end(), more.begin(), more.end());
    const auto got = d.run(prompt, 1);
    const auto expected = plain.run(prompt, 1, false);
    hits += got.reused.total();
    expect_same(got.logits, expected.logits, GetParam().has_ranges);
    if (HasFailure()) FAIL() << "request " << i << " reused " << got.reused.total() << " of " << prompt.size();
    histories.push_back(prompt);
    if (pick(4) == 0) d.cache().drop_cached(pick(500));
  }
  EXPECT_GT(hits, 500U);
  EXPECT_EQ(d.cache().facts().damaged_blocks, 0U);
}

TEST_P(KvLlamaTest, sequences_come_back_and_contexts_grow) {
  const auto prompt = tokens(150, 1);
  KvDriver plain(model_, kv_options(1, 0), 1024);
  auto next = prompt;
  next.push_back(17);
  const auto expected = plain.run(next, 1, false);
  KvDriver d(model_, options_, 512);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  const auto aside = must(d.cache().put_aside(slot));
  const auto back = must(d.cache().bring_back(d.salt, prompt, aside));
  const auto [other, shared] = d.begin(next);
  EXPECT_EQ(shared.total(), 150U);
  must(d.cache().grow(1024));
  expect_same(d.compute(back, 150, std::span(next).subspan(150)), expected.logits, true);
  expect_same(d.compute(other, 150, std::span(next).subspan(150)), expected.logits, true);
}

const auto kModels = testing::Values(LlamaCase{"starter", "", "", true, 0.03F},
                                     LlamaCase{"stories260K", "", "models/llm/stories260K-q4_0.gguf", true, 0.03F},
                                     LlamaCase{"qwen", "qwen2.5-0.5b", "", true, 0.01F},
                                     LlamaCase{"window", "gemma-3-1b", "", false, 0.01F},
                                     LlamaCase{"hybrid", "granite-4.0-h-350m", "", false, 0.01F});
std::string name_of(const testing::TestParamInfo<LlamaCase>& info) { return info.param.name; }

#if HEARTH_PATTERNS > 30
INSTANTIATE_TEST_SUITE_P(AtLength, KvLlamaTest, kModels, name_of);
#else
INSTANTIATE_TEST_SUITE_P(Models, KvLlamaTest, kModels, name_of);
#endif

}  // namespace
}  // namespace hearth
