#include "fake_cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "fake_hash.h"

namespace hearth::fake {
namespace {

using Tokens = std::vector<hearth_token>;

// Puts `tokens` at the end of `sequence`, checked as decode does.
void append(Cells& cells, std::int32_t sequence, const Tokens& tokens) {
  std::vector<sdk::BatchEntry> batch;
  auto position = cells.range(sequence).last + 1;
  for (const auto token : tokens) batch.push_back({token, position++, sequence, false});
  cells.check(batch);
  for (const auto& entry : batch) cells.place(entry);
}

std::int32_t code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const sdk::Error& error) {
    return error.code();
  }
  return HEARTH_OK;
}

TEST(Cells, refuse_a_batch_that_they_cannot_hold_and_stay_as_they_were) {
  Cells cells({4, 2});
  append(cells, 0, {1, 2, 3});
  EXPECT_EQ(code_of([&] { append(cells, 1, {4, 5}); }), HEARTH_OUT_OF_MEMORY);
  EXPECT_EQ(cells.n_used(), 3U);
  append(cells, 1, {4});
  EXPECT_EQ(code_of([&] { append(cells, 0, {9}); }), HEARTH_OUT_OF_MEMORY);
}

TEST(Cells, refuse_positions_that_do_not_go_on) {
  Cells cells({8, 1});
  append(cells, 0, {1, 2});
  const sdk::BatchEntry gap[] = {{3, 3, 0, false}};
  const sdk::BatchEntry twice[] = {{3, 1, 0, false}};
  EXPECT_EQ(code_of([&] { cells.check(gap); }), HEARTH_INVALID_ARGUMENT);
  EXPECT_EQ(code_of([&] { cells.check(twice); }), HEARTH_INVALID_ARGUMENT);
}

TEST(Cells, share_copies_until_the_last_owner_goes) {
  Cells cells({4, 2});
  append(cells, 0, {1, 2, 3});
  cells.copy(0, 1, -1, 2);
  EXPECT_EQ(cells.n_used(), 3U);
  cells.trim(0, -1, -1);
  EXPECT_EQ(cells.n_used(), 2U);
  EXPECT_EQ(cells.history(1), (Tokens{1, 2}));
  cells.trim(1, -1, -1);
  EXPECT_EQ(cells.n_used(), 0U);
}

TEST(Cells, give_each_sequence_its_part_when_not_unified) {
  Cells cells({8, 2, false});
  append(cells, 0, {1, 2, 3, 4});
  EXPECT_EQ(code_of([&] { append(cells, 0, {5}); }), HEARTH_OUT_OF_MEMORY);
  append(cells, 1, {9});
  cells.copy(0, 1, -1, -1);
  EXPECT_EQ(cells.history(1), (Tokens{1, 2, 3, 4}));
  EXPECT_EQ(cells.n_used(), 8U);
}

TEST(Cells, trim_in_the_middle_then_shift_closes_the_gap) {
  Cells cells({8, 1});
  append(cells, 0, {1, 2, 3, 4, 5});
  cells.trim(0, 1, 3);
  EXPECT_EQ(code_of([&] { cells.shift(0, 3, -1, -3); }), HEARTH_INVALID_ARGUMENT);
  EXPECT_EQ(cells.range(0).last, 4);
  cells.shift(0, 3, -1, -2);
  EXPECT_EQ(cells.history(0), (Tokens{1, 4, 5}));
  EXPECT_EQ(cells.range(0).last, 2);
}

TEST(Cells, take_a_recurrent_sequence_as_a_whole_only) {
  Cells cells({8, 2, true, true});
  append(cells, 0, {1, 2, 3});
  EXPECT_EQ(code_of([&] { cells.trim(0, 2, -1); }), HEARTH_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { cells.shift(0, -1, -1, 1); }), HEARTH_UNSUPPORTED);
  cells.copy(0, 1, -1, -1);
  cells.trim(0, -1, -1);
  EXPECT_EQ(cells.history(1), (Tokens{1, 2, 3}));
}

TEST(Cells, hashes_follow_every_change_of_a_sequence) {
  Cells cells({64, 3});
  const auto expect_true_hash = [&](std::int32_t sequence) {
    const auto history = cells.history(sequence);
    std::uint64_t hash = 0;
    for (const auto token : history) hash = extended_hash(hash, token);
    EXPECT_EQ(cells.hash(sequence), hash);
    Tokens end;
    cells.last_tokens(sequence, 2, end);
    EXPECT_EQ(end, Tokens(history.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, history.size())),
                          history.end()));
  };
  append(cells, 0, {1, 2, 3, 4, 5, 6});
  expect_true_hash(0);
  cells.trim(0, 4, -1);
  append(cells, 0, {7, 8});
  expect_true_hash(0);
  cells.copy(0, 1, 2, 5);
  expect_true_hash(1);
  append(cells, 1, {9});
  cells.trim(0, 1, 3);
  expect_true_hash(0);
  cells.trim(0, -1, -1);
  expect_true_hash(0);
  expect_true_hash(1);
}

}  // namespace
}  // namespace hearth::fake
