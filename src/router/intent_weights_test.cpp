#include "router/intent_weights.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "router/intent_fixture.h"
#include "router/word_checksum.h"

namespace hearth {
namespace {

using test::weight_bytes;

Result<IntentWeights> open_bytes(const std::string& bytes) {
  return IntentWeights::open(std::as_bytes(std::span(bytes)));
}

// Puts `value` at `at` and makes the checksum fit, so that what is behind it is reached.
template <class T>
std::string changed(std::size_t at, T value) {
  std::string bytes = weight_bytes();
  std::memcpy(bytes.data() + at, &value, sizeof value);
  const auto sum = word_checksum(std::as_bytes(std::span(bytes)).subspan(64));
  std::memcpy(bytes.data() + 56, &sum, sizeof sum);
  return bytes;
}

void expect_refused(const std::string& bytes, const char* what) {
  const auto weights = open_bytes(bytes);
  ASSERT_FALSE(weights) << what;
  EXPECT_EQ(weights.error().code, ErrorCode::kInvalidData) << what;
  EXPECT_FALSE(weights.error().message.empty());
  EXPECT_FALSE(weights.error().hint.empty());
}

TEST(IntentWeights, released_file_is_accepted_and_below_eight_megabytes) {
  const auto weights = open_bytes(weight_bytes());
  ASSERT_TRUE(weights) << to_string(weights.error());
  EXPECT_LE(weight_bytes().size(), std::size_t{8} << 20U);
  EXPECT_GT(weights->replay_count(), 100U);
  EXPECT_GT(weights->temperature(), 0.0F);
}

TEST(IntentWeights, cut_off_files_are_refused) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{7}, std::size_t{63}, std::size_t{64},
                              weight_bytes().size() - 64, weight_bytes().size() - 8})
    expect_refused(weight_bytes().substr(0, n), "cut off");
}

TEST(IntentWeights, a_flipped_bit_anywhere_is_refused) {
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{9}, std::size_t{70}, weight_bytes().size() / 2, weight_bytes().size() - 200}) {
    std::string bytes = weight_bytes();
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    expect_refused(bytes, "flipped bit");
  }
}

TEST(IntentWeights, headers_that_make_no_sense_are_refused) {
  expect_refused(changed<std::uint32_t>(8, 3), "n-gram buckets");
  expect_refused(changed<std::uint32_t>(16, 0), "no pieces");
  expect_refused(changed<std::uint32_t>(24, 12'345), "slots that are no power of two");
  expect_refused(changed<std::uint32_t>(32, 1U << 30U), "hidden size");
  expect_refused(changed<std::uint32_t>(48, 1U << 31U), "replay rows");
  expect_refused(changed<std::uint32_t>(44, 1U << 30U), "lists of words");
  expect_refused(changed<std::uint32_t>(52, 9), "attention heads");
  expect_refused(changed<float>(40, std::numeric_limits<float>::quiet_NaN()), "a scale that is no number");
}

TEST(IntentWeights, unaligned_bytes_read_the_same) {
  const std::string shifted = "x" + weight_bytes();
  const auto weights = IntentWeights::open(std::as_bytes(std::span(shifted)).subspan(1));
  ASSERT_TRUE(weights);
  const auto straight = open_bytes(weight_bytes());
  EXPECT_EQ(weights->head().bias, straight->head().bias);
  EXPECT_EQ(weights->find_piece(12345), straight->find_piece(12345));
}

}  // namespace
}  // namespace hearth
