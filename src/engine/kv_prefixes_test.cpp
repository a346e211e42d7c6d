// Recurrent sequences, and random conversations over all tiers, on the fake runtime.
#include <random>

#include "engine/kv_cache_fixture.h"

namespace hearth {
namespace {

class RecurrentKvCache : public KvCacheTest {
 protected:
  KvDriver driver(const KvCacheOptions& options) { return KvCacheTest::driver(options, 4096, R"("recurrent": true)"); }
};

TEST_F(RecurrentKvCache, goes_on_from_whole_sequences_and_snapshots) {
  auto options = kv_options(2, 2);
  options.ram_bytes = 1 << 20;
  auto d = driver(options);
  EXPECT_FALSE(d.cache().can_trim());
  const auto prompt = some_tokens(70);
  const auto first = d.run(prompt, 8);
  const auto whole = joined(joined(prompt, {first.said.begin(), first.said.begin() + 7}), some_tokens(9, 2));
  const auto next = d.run(whole);
  EXPECT_EQ(reused(next.reused, Tier::kLive), 77U);
  EXPECT_EQ(next.logits, plain(whole).logits);
  // Another way on from the prompt: only the snapshot at its end has that state.
  const auto branch = joined(prompt, some_tokens(12, 3));
  const auto other = d.run(branch);
  EXPECT_EQ(reused(other.reused, Tier::kRam), 70U);
  EXPECT_EQ(other.logits, plain(branch).logits);
}

TEST_F(RecurrentKvCache, trims_to_the_latest_snapshot) {
  auto options = kv_options(1, 0);
  options.ram_bytes = 1 << 20;
  auto d = driver(options);
  const auto prompt = some_tokens(64);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  d.compute(slot, 64, some_tokens(4, 3));
  EXPECT_EQ(must(d.cache().trim(slot, 68)), 68U) << "nothing to do";
  EXPECT_EQ(must(d.cache().trim(slot, 66)), 64U);
  EXPECT_EQ(d.compute(slot, 64, std::vector<Token>{50}), plain(joined(prompt, {50})).logits);
  EXPECT_EQ(must(d.cache().trim(slot, 20)), 16U);
  EXPECT_EQ(must(d.cache().trim(slot, 3)), 0U) << "the caller begins anew";
}

TEST_F(RecurrentKvCache, comes_back_and_grows) {
  auto d = driver(kv_options(2, 0));
  const auto prompt = some_tokens(50);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  const auto aside = must(d.cache().put_aside(slot));
  const auto back = must(d.cache().bring_back(d.salt, prompt, aside));
  must(d.cache().grow(8000));
  EXPECT_EQ(d.compute(back, 50, std::vector<Token>{50}), plain(joined(prompt, {50})).logits);
}

// Branching conversations, several open at once, with all tiers too small for them.
class RandomPrefixes : public KvCacheTest, public testing::WithParamInterface<int> {};

TEST_P(RandomPrefixes, cached_and_uncached_logits_are_the_same) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const auto pick = [&](std::size_t n) { return random() % n; };
  auto options = kv_options(1 + static_cast<std::uint32_t>(pick(3)), static_cast<std::uint32_t>(pick(4)));
  options.ram_bytes = pick(2) == 0 ? 0 : 6000;
  options.ssd_bytes = pick(2) == 0 ? 0 : 20000;
  options.ssd_folder = fresh_folder("random" + std::to_string(GetParam()));
  const bool is_recurrent = pick(3) == 0;
  KvDriver d(runtimes_.fake(fake_script(is_recurrent ? R"("recurrent": true)" : "")), options, 700);
  KvDriver reference(runtimes_.fake(fake_script()), kv_options(1, 0), 700);
  std::vector<std::vector<Token>> histories = {some_tokens(30)};
  std::uint32_t hits = 0;
  for (int i = 0; i < 25; ++i) {
    auto prompt = histories[pick(histories.size())];
    prompt.resize(std::min<std::size_t>(prompt.size(), 150) - pick(std::min<std::size_t>(prompt.size(), 20)));
    prompt = joined(prompt, some_tokens(1 + pick(40), static_cast<unsigned>(random() % 1000)));
    const auto got = d.run(prompt, 1 + pick(6));
    const auto expected = reference.run(prompt, 1, false);
    ASSERT_EQ(got.logits, expected.logits) << "request " << i << ", reused " << got.reused.total();
    hits += got.reused.total();
    histories.push_back(joined(prompt, got.said));
    if (pick(5) == 0) d.cache().drop_cached(pick(300));
    if (pick(9) == 0) d.cache().flush(1);
  }
  // Without blocks, a state is only there where another request ended exactly so.
  if (!is_recurrent || options.ram_bytes + options.ssd_bytes > 0) EXPECT_GT(hits, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrefixes, testing::Range(1, 21));

}  // namespace
}  // namespace hearth
