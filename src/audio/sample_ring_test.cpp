#include "audio/sample_ring.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

TEST(SampleRing, keeps_the_last_samples_by_their_place) {
  SampleRing ring(4);
  EXPECT_EQ(ring.push(std::vector<float>{1, 2, 3}), 0U);
  EXPECT_EQ(ring.push(std::vector<float>{4, 5}), 1U);
  EXPECT_EQ(ring.begin(), 1U);
  EXPECT_EQ(ring.end(), 5U);
  std::vector<float> out(6, -1);
  EXPECT_EQ(ring.read(0, out), 4U);
  EXPECT_EQ(out, (std::vector<float>{-1, 2, 3, 4, 5, -1}));
}

TEST(SampleRing, a_push_larger_than_the_ring_keeps_its_end) {
  SampleRing ring(3);
  EXPECT_EQ(ring.push(std::vector<float>{1, 2, 3, 4, 5, 6, 7}), 4U);
  std::vector<float> out(3);
  EXPECT_EQ(ring.read(4, out), 3U);
  EXPECT_EQ(out, (std::vector<float>{5, 6, 7}));
}

TEST(SampleRing, what_was_let_go_counts_as_no_loss) {
  SampleRing ring(4);
  ring.push(std::vector<float>{1, 2, 3, 4});
  ring.let_go(3);
  EXPECT_EQ(ring.push(std::vector<float>{5, 6, 7}), 0U);
  EXPECT_EQ(ring.push(std::vector<float>{8}), 1U);
  ring.let_go(1000);
  EXPECT_EQ(ring.begin(), ring.end());
}

TEST(SampleRing, gives_what_a_list_of_all_samples_would) {
  std::mt19937 random(5);
  SampleRing ring(100);
  std::vector<float> all;
  for (int round = 0; round < 2000; ++round) {
    std::vector<float> in(random() % 150);
    for (float& value : in) value = static_cast<float>(random() % 1000);
    ring.push(in);
    all.insert(all.end(), in.begin(), in.end());
    ASSERT_EQ(ring.end(), all.size());
    ASSERT_LE(ring.end() - ring.begin(), 100U);
    std::vector<float> out(static_cast<std::size_t>(ring.end() - ring.begin()));
    ASSERT_EQ(ring.read(ring.begin(), out), out.size());
    ASSERT_TRUE(std::equal(out.begin(), out.end(), all.end() - static_cast<std::ptrdiff_t>(out.size())));
  }
}

}  // namespace
}  // namespace hearth
