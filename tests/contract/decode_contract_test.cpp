// Decoding: the same tokens give the same logits, however they come; refusals leave what was there.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <thread>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

class DecodeContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, DecodeContract, testing::ValuesIn(subjects()), subject_name);

TEST_P(DecodeContract, greedy_decoding_is_deterministic) {
  const auto model = load();
  const auto tokens = prompt(*model);
  const auto said = greedy(*new_context(*model), tokens, 24);
  EXPECT_EQ(greedy(*new_context(*model), tokens, 24), said);
  EXPECT_EQ(greedy(*new_context(*load()), tokens, 24), said);
}

TEST_P(DecodeContract, a_batch_gives_what_single_tokens_give) {
  const auto model = load();
  const auto tokens = prompt(*model, 16);
  const auto whole_context = new_context(*model);
  const auto whole = copies(must(whole_context->decode(batch_of(tokens, 0, 0, true))));
  ASSERT_EQ(whole.size(), tokens.size());
  const auto context = new_context(*model);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    SCOPED_TRACE(i);
    expect_near(next_logits(*context, std::span(tokens).subspan(i, 1), static_cast<std::int32_t>(i)), whole[i]);
  }
}

TEST_P(DecodeContract, rows_come_in_the_order_of_the_entries_that_want_them) {
  const auto model = load();
  const auto tokens = prompt(*model, 8);
  auto batch = batch_of(tokens);
  batch[2].wants_output = batch[5].wants_output = true;
  const auto some_context = new_context(*model);
  const auto some = copies(must(some_context->decode(batch)));
  const auto all_context = new_context(*model);
  const auto all = copies(must(all_context->decode(batch_of(tokens, 0, 0, true))));
  ASSERT_EQ(some.size(), 3U);
  expect_near(some[0], all[2]);
  expect_near(some[1], all[5]);
  expect_near(some[2], all.back());
  for (auto& entry : batch) entry.wants_output = false;
  const auto none = must(new_context(*model)->decode(batch));
  EXPECT_EQ(none.n_rows, 0U);
}

TEST_P(DecodeContract, sequences_in_one_batch_do_not_see_each_other) {
  const auto model = load();
  const auto tokens = prompt(*model, 24);
  const auto context = new_context(*model);
  std::vector<BatchEntry> batch;
  for (std::int32_t position = 0; position < 5; ++position) {  // interleaved
    for (std::int32_t sequence = 0; sequence < 4; ++sequence) {
      batch.push_back({tokens[static_cast<std::size_t>(position + 3 * sequence)], position, sequence, position == 4});
    }
  }
  const auto together = copies(must(context->decode(batch)));
  ASSERT_EQ(together.size(), 4U);
  for (std::size_t sequence = 0; sequence < 4; ++sequence) {
    const auto alone = new_context(*model);
    expect_near(next_logits(*alone, std::span(tokens).subspan(3 * sequence, 5)), together[sequence]);
  }
}

TEST_P(DecodeContract, what_is_no_batch_is_refused_and_changes_nothing) {
  const auto model = load();
  const auto tokens = prompt(*model, 8);
  const auto n_vocab = static_cast<Token>(must(model->info()).n_vocab);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(4));
  const std::vector<std::vector<BatchEntry>> bad = {
      {},
      {{n_vocab, 4, 0, true}},
      {{-1, 4, 0, true}},
      {{tokens[4], -1, 0, true}},
      {{tokens[4], 9, 0, true}},
      {{tokens[4], 4, 4, true}},
      {{tokens[4], 4, -1, true}},
      {{tokens[4], 4, 0, false}, {tokens[5], 6, 0, true}},
      std::vector<BatchEntry>(5000, {tokens[4], 4, 0, true}),
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    must_fail(context->decode(bad[i]), {ErrorCode::kInvalidArgument});
    EXPECT_EQ(must(context->range(0)).last, 3);
  }
  const auto fresh = new_context(*model);
  expect_near(next_logits(*context, std::span(tokens).subspan(4, 1), 4),
              next_logits(*fresh, std::span(tokens).first(5)));
}

TEST_P(DecodeContract, no_cells_left_is_out_of_memory_and_leaves_the_caches_as_they_were) {
  const auto model = load();
  const auto context = new_context(*model);
  const auto granted = must(context->granted());
  const auto tokens = prompt(*model, granted.n_ctx + 8);
  std::size_t done = 0;
  while (done < granted.n_ctx) {
    const auto n = std::min<std::size_t>(granted.n_batch, granted.n_ctx - done);
    (void)next_logits(*context, std::span(tokens).subspan(done, n), static_cast<std::int32_t>(done));
    done += n;
  }
  const auto last = static_cast<std::int32_t>(done) - 1;
  must_fail(context->decode(batch_of(std::span(tokens).subspan(done, 1), last + 1)), {ErrorCode::kOutOfMemory});
  must_fail(context->decode(batch_of(std::span(tokens).first(2), 0, 1)), {ErrorCode::kOutOfMemory});
  EXPECT_EQ(must(context->range(0)).last, last);
  EXPECT_TRUE(must(context->range(1)).empty());
  must(context->trim(0, 8, -1));
  const auto fresh = new_context(*model);
  (void)next_logits(*fresh, std::span(tokens).first(8));
  const auto rest = std::span(tokens).subspan(8, 2);
  expect_near(next_logits(*context, rest, 8), next_logits(*fresh, rest, 8));
}

TEST_P(DecodeContract, a_cancelled_decode_says_so_and_can_be_trimmed_away) {
  const auto model = load();
  const auto tokens = prompt(*model, 16);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(4));
  const CancelToken cancel;
  cancel.request();
  must_fail(context->decode(batch_of(std::span(tokens).subspan(4), 4), {&cancel, {}, 0}), {ErrorCode::kCancelled});
  must(context->trim(0, 4, -1));
  EXPECT_EQ(must(context->range(0)).last, 3);
  const auto fresh = new_context(*model);
  expect_near(next_logits(*context, std::span(tokens).subspan(4, 4), 4),
              next_logits(*fresh, std::span(tokens).first(8)));
}

TEST_P(DecodeContract, a_decode_past_its_deadline_says_so) {
  const auto model = load();
  const auto tokens = prompt(*model);
  const auto context = new_context(*model);
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  must_fail(context->decode(batch_of(tokens), {nullptr, past, 0}), {ErrorCode::kDeadlineExceeded});
  must(context->trim(0, -1, -1));
  const auto soon = std::chrono::steady_clock::now() + std::chrono::hours(1);
  EXPECT_TRUE(context->decode(batch_of(tokens), {nullptr, soon, 1}).has_value());
}

TEST_P(DecodeContract, two_contexts_of_one_model_run_on_two_threads) {
  const auto model = load();
  const auto tokens = prompt(*model);
  const auto expected = greedy(*new_context(*model), tokens, 24);
  std::array<std::vector<Token>, 2> said;
  std::array<std::thread, 2> threads;
  for (std::size_t i = 0; i < 2; ++i) {
    threads[i] = std::thread([&, i] {
      const auto context = new_context(*model);
      (void)model->model()->memory_now();
      said[i] = greedy(*context, tokens, 24);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(said[0], expected);
  EXPECT_EQ(said[1], expected);
}

TEST_P(DecodeContract, embeddings_have_their_length_and_tell_texts_apart) {
  const auto model = load();
  auto options = text_options();
  options.embeddings = true;
  options.pooling = "mean";
  const auto n_embd = must(model->info()).n_embd;
  const auto embed = [&](const char* text) {
    const auto context = new_context(*model, options);
    const auto rows = copies(must(context->decode(batch_of(must(model->tokenize(text, true, false)), 0, 0, true))));
    EXPECT_FALSE(rows.empty());
    return rows.back();
  };
  const auto cat = embed("the cat in the park");
  EXPECT_EQ(cat.size(), n_embd);
  EXPECT_EQ(embed("the cat in the park"), cat);
  EXPECT_NE(embed("one day a big tree"), cat);
  for (const float value : cat) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace hearth::contract
