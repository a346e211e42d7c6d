#include "pipeline/noise_suppressor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "pipeline/sound_lane_fixture.h"

namespace hearth {
namespace {

constexpr std::int64_t kBins = 257;
const Shape kState{1, 2, 4, 2};

// Passes on what it gets; the state counts the calls.
std::unique_ptr<TensorLane> half(std::int64_t width, float value, bool is_mask) {
  return std::make_unique<SoundLane>(std::vector<Shape>{Shape{1, 1, width}, kState},
                                     std::vector<Shape>{Shape{1, 1, width}, kState},
                                     [value, is_mask](const SoundLane::Rows& in) {
                                       SoundLane::Rows out = in;
                                       for (float& v : out[0]) v = is_mask ? value : value * v;
                                       out[1][0] += 1;
                                       return out;
                                     });
}

std::unique_ptr<NoiseSuppressor> suppressor(float mask = 1, float gain = 0.25F) {
  auto made = NoiseSuppressor::create(half(kBins, mask, true), half(512, gain, false));
  EXPECT_TRUE(made);
  return std::move(*made);
}

std::vector<float> noise(std::size_t n) {
  std::mt19937 random(3);
  std::vector<float> out(n);
  for (float& v : out) v = static_cast<float>(random() % 2000) / 1000 - 1;
  return out;
}

// Four blocks of 512 lie over every sample, so graphs that let all through and a gain of a quarter give the input back.
TEST(NoiseSuppressor, graphs_that_change_nothing_give_the_input_back_in_step) {
  for (const std::size_t n : {1U, 127U, 128U, 384U, 512U, 5001U}) {
    const auto in = noise(n);
    auto tested = suppressor();
    std::vector<float> out;
    ASSERT_TRUE(tested->process(in, out));
    ASSERT_TRUE(tested->finish(out));
    ASSERT_EQ(out.size(), n);
    for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(out[i], in[i], 1e-5) << n << " at " << i;
  }
}

TEST(NoiseSuppressor, a_mask_of_zeros_gives_silence_of_the_same_length) {
  auto tested = suppressor(0);
  std::vector<float> out;
  ASSERT_TRUE(tested->process(noise(3000), out));
  ASSERT_TRUE(tested->finish(out));
  EXPECT_EQ(out, std::vector<float>(3000));
}

TEST(NoiseSuppressor, the_result_does_not_depend_on_how_the_input_was_cut) {
  const auto in = noise(4000);
  auto whole = suppressor(0.5F);
  std::vector<float> expected;
  ASSERT_TRUE(whole->process(in, expected));
  ASSERT_TRUE(whole->finish(expected));
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<float> out;
    for (std::size_t at = 0; at < in.size();) {
      const std::size_t n = std::min<std::size_t>(in.size() - at, 1 + random() % 700);
      ASSERT_TRUE(whole->process(std::span(in).subspan(at, n), out));  // the one that was finished: it forgot
      at += n;
    }
    ASSERT_TRUE(whole->finish(out));
    EXPECT_EQ(out, expected);
  }
}

TEST(NoiseSuppressor, graphs_of_another_kind_and_no_numbers_are_named) {
  const auto swapped = NoiseSuppressor::create(half(512, 1, false), half(kBins, 1, true));
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code, ErrorCode::kUnsupported);
  auto broken = suppressor(std::numeric_limits<float>::quiet_NaN());
  std::vector<float> out;
  const auto done = broken->process(noise(512), out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
