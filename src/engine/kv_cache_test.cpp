// Live sequences and RAM blocks, on the fake runtime: its logits tell every token of a sequence's history.
#include "engine/kv_cache.h"

#include "engine/kv_cache_fixture.h"
#include "support/paths.h"

namespace hearth {
namespace {

TEST_F(KvCacheTest, a_conversation_goes_on_in_the_cells_of_its_last_turn) {
  auto d = driver(kv_options(2, 0));
  const auto first = some_tokens(50);
  const auto answer = d.run(first);
  EXPECT_EQ(answer.reused.total(), 0U);
  auto second = joined(joined(first, answer.said), some_tokens(20, 2));
  const auto again = d.run(second);
  EXPECT_EQ(reused(again.reused, Tier::kLive), 53U) << "all but the last said token was computed";
  EXPECT_EQ(again.logits, plain(second).logits);
  EXPECT_EQ(d.cache().facts().hit_tokens[0], 53U);
  EXPECT_EQ(d.cache().facts().missed_tokens, 50U + 21U);
}

TEST_F(KvCacheTest, a_running_sequence_is_shared_and_costs_no_cells) {
  auto d = driver(kv_options(3, 0), 128);
  const auto prompt = some_tokens(90);
  const auto [a, none] = d.begin(prompt);
  d.compute(a, 0, prompt);
  const auto [b, shared] = d.begin(prompt);
  EXPECT_EQ(shared.total(), 89U);
  const auto [c, also] = d.begin(prompt);
  EXPECT_EQ(d.compute(b, 89, std::span(prompt).subspan(89)), d.compute(c, 89, std::span(prompt).subspan(89)));
  const auto longer = some_tokens(8, 9);
  EXPECT_NE(d.compute(a, 90, longer), d.compute(b, 90, std::span(longer).first(7))) << "each goes its own way";
}

TEST_F(KvCacheTest, takes_at_most_all_but_the_last_token) {
  auto d = driver(kv_options(1, 1));
  const auto prompt = some_tokens(64);
  const auto once = d.run(prompt, 1);
  const auto twice = d.run(prompt, 1);
  EXPECT_EQ(twice.reused.total(), 63U);
  EXPECT_EQ(once.logits, twice.logits);
}

TEST_F(KvCacheTest, refuses_more_requests_than_slots) {
  auto d = driver(kv_options(1, 3));
  const auto [slot, none] = d.begin(some_tokens(5));
  const auto refused = d.cache().open(d.salt, some_tokens(5), true, d.cost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  d.cache().close(slot);
  EXPECT_TRUE(d.cache().open(d.salt, some_tokens(5), true, d.cost));
}

TEST_F(KvCacheTest, keeps_salts_apart) {
  auto d = driver(kv_options(1, 3));
  const auto prompt = some_tokens(40);
  d.run(prompt);
  d.salt = salt_of(2);
  EXPECT_EQ(d.run(prompt).reused.total(), 0U);
  d.salt = salt_of(1);
  EXPECT_EQ(d.run(prompt).reused.total(), 39U);
}

TEST_F(KvCacheTest, neither_uses_nor_feeds_the_cache_when_told_not_to) {
  auto options = kv_options(1, 3);
  options.ram_bytes = 1 << 20;
  auto d = driver(options);
  const auto prompt = some_tokens(40);
  d.run(prompt, 4, false);
  EXPECT_EQ(d.cache().cached_cells(), 0U);
  EXPECT_EQ(d.run(prompt).reused.total(), 0U);
  EXPECT_EQ(d.run(prompt, 4, false).reused.total(), 0U);
}

TEST_F(KvCacheTest, blocks_in_ram_bring_back_what_live_cells_lost) {
  auto options = kv_options(1, 0);
  options.ram_bytes = 1 << 20;
  auto d = driver(options);
  const auto prompt = some_tokens(75);
  const auto first = d.run(prompt);
  d.run(some_tokens(30, 5));  // takes the only sequence
  const auto again = d.run(prompt);
  EXPECT_EQ(reused(again.reused, Tier::kRam), 74U) << "four whole blocks of 16, and what is behind them";
  EXPECT_EQ(again.logits, first.logits);
  EXPECT_EQ(again.said, first.said);
  EXPECT_GT(d.cache().cell_bytes(), 0U);
}

TEST_F(KvCacheTest, live_cells_and_blocks_make_one_prefix) {
  auto options = kv_options(2, 0);
  options.ram_bytes = 1 << 20;
  auto d = driver(options);
  const auto shared = some_tokens(40);
  const auto a = joined(shared, some_tokens(60, 2));
  d.run(a);
  d.cache().drop_cached(1000);
  d.run(joined(shared, some_tokens(6, 3)));  // its 46 tokens are live, blocks of 32 were from RAM
  const auto again = d.run(a);
  EXPECT_EQ(again.reused.total(), 99U);
  EXPECT_GT(reused(again.reused, Tier::kLive), 0U);
  EXPECT_EQ(again.logits, plain(a).logits);
}

TEST_F(KvCacheTest, ram_blocks_stay_within_their_bytes) {
  auto options = kv_options(1, 0);
  options.ram_bytes = 4096;
  auto d = driver(options);
  for (unsigned i = 1; i < 20; ++i) {
    d.run(some_tokens(100, i));
    ASSERT_LE(d.cache().facts().bytes[1], 4096U);
  }
  EXPECT_GT(d.cache().facts().evicted_blocks, 0U);
  EXPECT_GT(d.cache().facts().entries[1], 0U);
}

TEST_F(KvCacheTest, idle_cells_are_counted_and_given_up_oldest_first) {
  auto d = driver(kv_options(2, 4), 1000);
  const auto a = some_tokens(100, 1);
  const auto b = some_tokens(200, 2);
  d.run(a, 1);
  d.run(b, 1);
  EXPECT_EQ(d.cache().cached_cells(), 300U);
  const auto [slot, shared] = d.begin(joined(b, some_tokens(3)));
  EXPECT_EQ(shared.total(), 200U);
  EXPECT_EQ(d.cache().cached_cells(), 100U) << "what a running request uses can't be given up";
  d.cache().drop_cached(1);
  EXPECT_EQ(d.cache().cached_cells(), 0U);
  d.cache().close(slot);
  EXPECT_EQ(d.run(a, 1).reused.total(), 0U);
}

TEST_F(KvCacheTest, makes_room_for_what_it_restores) {
  auto options = kv_options(1, 3);
  options.ram_bytes = 1 << 20;
  auto d = driver(options, 160);
  const auto a = some_tokens(100, 1);
  const auto first = d.run(a, 1);
  d.cache().drop_cached(1000);
  d.run(some_tokens(120, 2), 1);
  const auto again = d.run(a, 1);
  EXPECT_EQ(reused(again.reused, Tier::kRam), 99U);
  EXPECT_EQ(again.logits, first.logits);
}

TEST_F(KvCacheTest, trim_takes_back_rejected_drafts) {
  auto d = driver(kv_options(1, 1));
  const auto prompt = some_tokens(40);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  EXPECT_TRUE(d.cache().can_trim());
  d.compute(slot, 40, some_tokens(5, 7));
  EXPECT_EQ(must(d.cache().trim(slot, 42)), 42U);
  const std::vector<Token> other = {33};
  const auto drafts = some_tokens(5, 7);
  auto expected = joined(joined(prompt, {drafts[0], drafts[1]}), other);
  EXPECT_EQ(d.compute(slot, 42, other), plain(expected).logits);
  d.cache().close(slot);
  EXPECT_EQ(d.run(joined(expected, {20})).reused.total(), 43U);
}

TEST_F(KvCacheTest, a_sequence_put_aside_comes_back_as_it_was) {
  auto d = driver(kv_options(1, 0), 64);
  const auto prompt = some_tokens(50);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  const auto aside = must(d.cache().put_aside(slot));
  EXPECT_EQ(aside.cells, 50U);
  d.run(some_tokens(60, 2), 1);
  const auto back = must(d.cache().bring_back(d.salt, prompt, aside));
  const std::vector<Token> next = {33};
  EXPECT_EQ(d.compute(back, 50, next), plain(joined(prompt, next)).logits);
}

TEST_F(KvCacheTest, grows_with_all_its_sequences_and_shares_again) {
  auto d = driver(kv_options(3, 2), 150);
  const auto prompt = some_tokens(100);
  const auto [a, none] = d.begin(prompt);
  d.compute(a, 0, prompt);
  const auto [b, shared] = d.begin(joined(prompt, some_tokens(10, 2)));
  EXPECT_EQ(shared.total(), 100U);
  d.compute(b, 100, some_tokens(10, 2));
  const auto refused = d.cache().grow(100);
  ASSERT_FALSE(refused);
  must(d.cache().grow(200));
  EXPECT_EQ(d.cache().granted().n_ctx, 200U);
  const auto more = some_tokens(80, 4);  // 110 + 80 fit only where the 100 are still shared
  EXPECT_EQ(d.compute(a, 100, more), plain(joined(prompt, more)).logits);
  EXPECT_EQ(d.compute(b, 110, std::vector<Token>{40}), plain(joined(joined(prompt, some_tokens(10, 2)), {40})).logits);
}

TEST_F(KvCacheTest, growing_that_fails_leaves_all_as_it_was) {
  auto d = driver(kv_options(2, 0), 100, R"("faults": [{"call": "context_new", "nth": 2, "do": "bad_alloc"},
    {"call": "restore", "nth": 1, "do": "error", "code": "out_of_memory"}])");
  const auto prompt = some_tokens(60);
  const auto [slot, none] = d.begin(prompt);
  d.compute(slot, 0, prompt);
  EXPECT_FALSE(d.cache().grow(200)) << "no new context";
  EXPECT_FALSE(d.cache().grow(200)) << "no way in";
  EXPECT_EQ(d.cache().granted().n_ctx, 100U);
  EXPECT_EQ(d.compute(slot, 60, std::vector<Token>{40}), plain(joined(prompt, {40})).logits);
  must(d.cache().grow(200));
  EXPECT_EQ(d.compute(slot, 61, std::vector<Token>{41}), plain(joined(prompt, {40, 41})).logits);
}

TEST_F(KvCacheTest, a_save_or_restore_that_fails_only_costs_computing) {
  auto options = kv_options(1, 0);
  options.ram_bytes = 1 << 20;
  auto d = driver(options, 4096, R"("faults": [{"call": "save", "nth": 2, "do": "error", "code": "io"},
    {"call": "restore", "nth": 2, "do": "error", "code": "invalid_data"}])");
  const auto prompt = some_tokens(100);
  const auto expected = plain(prompt);
  d.run(prompt);
  d.run(some_tokens(20, 2));
  const auto again = d.run(prompt);
  EXPECT_EQ(again.reused.total(), 16U) << "the second block was not saved";
  EXPECT_EQ(again.logits, expected.logits);
  d.run(some_tokens(20, 2));
  const auto third = d.run(prompt);
  EXPECT_EQ(third.logits, expected.logits);
  EXPECT_EQ(d.cache().facts().damaged_blocks, 1U);
  d.run(some_tokens(20, 2));
  EXPECT_EQ(d.run(prompt).reused.total(), 99U) << "what failed was computed and kept again";
}

TEST_F(KvCacheTest, works_the_same_when_the_runtime_is_another_process) {
  if (!std::filesystem::exists(test::build_dir() / "libexec/hearth/hearth-worker")) {
    GTEST_SKIP() << "the worker program was not built here";
  }
  auto options = kv_options(2, 1);
  options.ram_bytes = 1 << 20;
  KvDriver d(runtimes_.fake(fake_script(), Transport::kWorker), options);
  const auto prompt = some_tokens(75);
  const auto first = d.run(prompt);
  EXPECT_EQ(d.run(prompt).reused.total(), 74U);
  d.cache().drop_cached(1000);
  const auto again = d.run(prompt);
  EXPECT_EQ(reused(again.reused, Tier::kRam), 74U);
  EXPECT_EQ(again.logits, first.logits);
  must(d.cache().grow(8192));
  EXPECT_EQ(d.run(prompt).said, first.said);
}

}  // namespace
}  // namespace hearth
