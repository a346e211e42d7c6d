#include "engine/encoder_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace hearth {
namespace {

TokenSequence sequence(std::size_t n) { return {std::vector<std::int32_t>(n, 7), std::vector<std::int32_t>(n, 0), 0}; }

std::vector<TokenSequence> sequences(const std::vector<std::size_t>& lengths) {
  std::vector<TokenSequence> all;
  for (const auto n : lengths) all.push_back(sequence(n));
  return all;
}

TEST(EncoderBatches, lengths_are_rounded_to_a_small_set_that_never_exceeds_the_model) {
  std::set<std::size_t> shapes;
  for (std::size_t n = 1; n <= 512; ++n) {
    const auto length = bucket_length(n, 512);
    EXPECT_GE(length, n);
    EXPECT_LE(length, 512U);
    shapes.insert(length);
  }
  EXPECT_LE(shapes.size(), 20U);
  EXPECT_EQ(bucket_length(509, 510), 510U);
  EXPECT_EQ(bucket_length(600, 510), 600U);  // a caller's own tokens
}

TEST(EncoderBatches, every_text_is_in_one_batch_that_holds_it) {
  const auto all = sequences({3, 200, 5, 9, 64, 65, 3, 1, 511, 8, 8});
  const auto batches = make_batches(all, 512, {.tokens = 512, .rows = 4});
  std::multiset<std::size_t> seen;
  for (const auto& batch : batches) {
    EXPECT_LE(batch.rows.size(), 4U);
    EXPECT_TRUE(batch.rows.size() == 1 || batch.rows.size() * batch.length <= 512) << batch.length;
    for (const auto row : batch.rows) {
      EXPECT_LE(all[row].ids.size(), batch.length);
      seen.insert(row);
    }
  }
  EXPECT_EQ(seen.size(), all.size());
  EXPECT_EQ(std::set<std::size_t>(seen.begin(), seen.end()).size(), all.size());
  EXPECT_EQ(batches.front().length, 512U);  // the longest first
}

TEST(EncoderBatches, padding_is_not_attended_to) {
  const std::vector<TokenSequence> all = {{{2, 5, 3}, {0, 0, 1}, 0}};
  const EncoderBatch batch{{0}, 5};
  std::vector<std::int64_t> values(5, -1);
  const auto filled = [&](EncoderInput input) {
    EXPECT_TRUE(fill_input(input, all, batch, 9, view_of(std::span(values), {1, 5})));
    return values;
  };
  using Row = std::vector<std::int64_t>;
  EXPECT_EQ(filled(EncoderInput::kIds), (Row{2, 5, 3, 9, 9}));
  EXPECT_EQ(filled(EncoderInput::kMask), (Row{1, 1, 1, 0, 0}));
  EXPECT_EQ(filled(EncoderInput::kTypes), (Row{0, 0, 1, 0, 0}));
  EXPECT_EQ(filled(EncoderInput::kPositions), (Row{0, 1, 2, 0, 0}));
}

TEST(EncoderBatches, refuses_inputs_of_other_types) {
  const std::vector<TokenSequence> all = {sequence(2)};
  std::vector<float> values(2);
  const auto filled = fill_input(EncoderInput::kIds, all, {{0}, 2}, 0, view_of(std::span(values), {1, 2}));
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth
