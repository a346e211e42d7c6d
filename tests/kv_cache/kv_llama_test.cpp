// The prefix cache on llama.cpp: cells, sliding windows and recurrent states, with what comes back compared with what
// is computed anew in the same steps.
#include <fmt/format.h>

#include <cmath>
#include <random>

#include "kv_llama_fixture.h"

namespace hearth {
namespace {

// The widest gap between two rows of logits, as a share of their spread.
float gap(const std::vector<float>& got, const std::vector<float>& expected) {
  EXPECT_EQ(got.size(), expected.size());
  float widest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) widest = std::max(widest, std::abs(got[i] - expected[i]));
  return widest / (std::ranges::max(expected) - std::ranges::min(expected));
}

class KvLlamaTest : public KvLlama {
 protected:
  // Where sums are taken in another order (cells lie in another order), the last digits differ.
  static void expect_same(const std::vector<float>& got, const std::vector<float>& expected) {
    EXPECT_LE(gap(got, expected), GetParam().noise);
    EXPECT_EQ(KvDriver::best(got), KvDriver::best(expected));
  }
};

// A context that holds nothing else: cells lie in the order of their positions, and every sum is taken as before.
TEST_P(KvLlamaTest, every_tier_brings_back_the_very_bits_that_were_computed) {
  const auto prompt = tokens(200, 1);
  auto longer = prompt;
  longer.push_back(17);
  KvDriver plain(model_, kv_options(1, 0), 1024);
  const auto [slot, none] = plain.begin(longer, false);
  plain.compute(slot, 0, prompt);  // the steps of the run that fills the cache
  const auto expected = plain.compute(slot, 200, std::span(longer).last(1));
  {
    KvDriver d(model_, options_, 1024);
    d.run(prompt, 1);
    const auto live = d.run(longer, 1);
    EXPECT_EQ(live.reused.tokens[0], 200U);
    EXPECT_EQ(live.logits, expected);
    d.cache().drop_cached(5000);
    const auto ram = d.run(longer, 1);
    EXPECT_EQ(ram.reused.tokens[1], 200U);
    EXPECT_EQ(ram.logits, expected);
    d.cache().flush(10);
  }
  KvDriver d(model_, options_, 1024);
  const auto ssd = d.run(longer, 1);
  EXPECT_EQ(ssd.reused.tokens[2], 200U);
  EXPECT_EQ(ssd.logits, expected);
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
  std::uint32_t same_tokens = 0;
  std::uint32_t same_bits = 0;
  float widest = 0;
  for (unsigned i = 0; i < HEARTH_PATTERNS; ++i) {
    auto prompt = histories[pick(histories.size())];
    const std::size_t cut = prompt.size() <= d.chunk ? prompt.size() : d.chunk * (1 + pick(prompt.size() / d.chunk));
    prompt.resize(std::min<std::size_t>(cut, 240));
    const auto more = tokens(1 + pick(60), i + 100);
    prompt.insert(prompt.end(), more.begin(), more.end());
    const auto got = d.run(prompt, 1);
    const auto expected = plain.run(prompt, 1, false);
    hits += got.reused.total();
    same_bits += got.logits == expected.logits ? 1 : 0;
    same_tokens += KvDriver::best(got.logits) == KvDriver::best(expected.logits) ? 1 : 0;
    widest = std::max(widest, gap(got.logits, expected.logits));
    histories.push_back(prompt);
    if (pick(4) == 0) d.cache().drop_cached(pick(500));
  }
  fmt::print(
      "{}: of {} prompts with {} tokens reused in all {} said the same token, {} gave the same bits; the others "
      "are at most {:.3g} of the logits' spread apart\n",
      GetParam().name, HEARTH_PATTERNS, hits, same_tokens, same_bits, widest);
  EXPECT_EQ(same_tokens, HEARTH_PATTERNS);
  EXPECT_LE(widest, GetParam().noise);
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
  expect_same(d.compute(back, 150, std::span(next).subspan(150)), expected.logits);
  expect_same(d.compute(other, 150, std::span(next).subspan(150)), expected.logits);
}

HEARTH_LLAMA_CASES(KvLlamaTest);

}  // namespace
}  // namespace hearth
