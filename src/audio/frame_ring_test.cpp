#include "audio/frame_ring.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace hearth {
namespace {

constexpr std::chrono::seconds kPatience{20};

TEST(FrameRing, all_samples_pass_in_their_order_through_a_small_ring) {
  FrameRing ring(100);
  std::vector<float> sent(10'000);
  std::iota(sent.begin(), sent.end(), 0.0F);
  std::thread maker([&] {
    for (std::size_t at = 0, n = 1; at < sent.size(); at += n, n = n % 333 + 7)
      EXPECT_TRUE(ring.push(std::span(sent).subspan(at, std::min(n, sent.size() - at))));
    ring.finish();
  });
  std::vector<float> got;
  std::vector<float> frame(64);
  for (;;) {
    const auto taken = ring.take(frame, kPatience);
    ASSERT_TRUE(taken.at_end || taken.n == frame.size());
    got.insert(got.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(taken.n));
    if (taken.at_end) break;
  }
  maker.join();
  EXPECT_EQ(got, sent);
}

TEST(FrameRing, a_taker_that_leaves_frees_the_maker) {
  FrameRing ring(10);
  std::thread maker([&] { EXPECT_FALSE(ring.push(std::vector<float>(1'000))); });
  std::vector<float> frame(10);
  EXPECT_EQ(ring.take(frame, kPatience).n, 10U);
  ring.close();
  maker.join();
  EXPECT_FALSE(ring.push(frame));
}

TEST(FrameRing, nothing_comes_before_a_frame_is_whole) {
  FrameRing ring(10);
  EXPECT_TRUE(ring.push(std::vector<float>(4)));
  std::vector<float> frame(5);
  const auto early = ring.take(frame, std::chrono::milliseconds(1));
  EXPECT_EQ(early.n, 0U);
  EXPECT_FALSE(early.at_end);
  ring.finish();
  const auto rest = ring.take(frame, kPatience);
  EXPECT_EQ(rest.n, 4U);
  EXPECT_TRUE(rest.at_end);
}

}  // namespace
}  // namespace hearth
