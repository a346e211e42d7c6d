#include "pipeline/sound_events.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipeline/sound_lane_fixture.h"

namespace hearth {
namespace {

// Scores of three classes: how much of the window is loud, how much is not, and nothing.
std::unique_ptr<TensorLane> loudness() {
  return std::make_unique<SoundLane>(std::vector<Shape>{Shape{15600}}, std::vector<Shape>{Shape{1, 3}, Shape{1, 64}},
                                     [](const SoundLane::Rows& in) {
                                       float loud = 0;
                                       for (const float v : in[0]) loud += std::abs(v) > 0.1F ? 1.0F : 0.0F;
                                       loud /= 15600;
                                       return SoundLane::Rows{{loud, 1 - loud, 0}, std::vector<float>(64)};
                                     });
}

std::unique_ptr<SoundEventDetector> detector(float threshold = 0.6F) {
  SoundEventOptions options;
  options.threshold = threshold;
  auto made = SoundEventDetector::create(loudness(), options);
  EXPECT_TRUE(made);
  return std::move(*made);
}

// Two seconds each of silence, noise and silence.
std::vector<float> recording() {
  std::vector<float> samples(96'000, 0);
  for (std::size_t i = 32'000; i < 64'000; ++i) samples[i] = i % 2 == 0 ? 0.5F : -0.5F;
  return samples;
}

TEST(SoundEvents, windows_that_overlap_are_one_event) {
  auto tested = detector();
  EXPECT_EQ(tested->n_labels(), 3U);
  std::vector<SoundEvent> events;
  ASSERT_TRUE(tested->process(recording(), events));
  ASSERT_TRUE(tested->finish(events));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].label, 1U);
  EXPECT_EQ(events[1].label, 0U);
  EXPECT_NEAR(events[1].start_s, 2, 0.5);
  EXPECT_NEAR(events[1].end_s, 4, 0.5);
  EXPECT_FLOAT_EQ(events[1].score, 1);
  EXPECT_EQ(events[2].label, 1U);
  EXPECT_NEAR(events[2].end_s, 6, 0.001);
}

TEST(SoundEvents, the_events_do_not_depend_on_how_the_input_was_cut) {
  auto tested = detector();
  std::vector<SoundEvent> expected;
  const auto samples = recording();
  ASSERT_TRUE(tested->process(samples, expected));
  ASSERT_TRUE(tested->finish(expected));
  std::mt19937 random(9);
  std::vector<SoundEvent> events;
  for (std::size_t at = 0; at < samples.size();) {
    const std::size_t n = std::min<std::size_t>(samples.size() - at, 1 + random() % 20'000);
    ASSERT_TRUE(tested->process(std::span(samples).subspan(at, n), events));
    at += n;
  }
  ASSERT_TRUE(tested->finish(events));
  ASSERT_EQ(events.size(), expected.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].label, expected[i].label);
    EXPECT_EQ(events[i].start_s, expected[i].start_s);
    EXPECT_EQ(events[i].end_s, expected[i].end_s);
  }
}

TEST(SoundEvents, a_recording_shorter_than_a_window_is_looked_at_too) {
  auto tested = detector(0.3F);
  std::vector<SoundEvent> events;
  ASSERT_TRUE(tested->process(std::vector<float>(8'000, 0.5F), events));
  ASSERT_TRUE(tested->finish(events));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NEAR(events[0].end_s, 0.5, 1e-9);
  events.clear();
  ASSERT_TRUE(tested->finish(events));
  EXPECT_TRUE(events.empty());
}

TEST(SoundEvents, other_graphs_and_labels_are_refused) {
  const auto other = SoundEventDetector::create(std::make_unique<SoundLane>(std::vector<Shape>{Shape{1, 3, 224, 224}},
                                                                            std::vector<Shape>{Shape{1, 1000}},
                                                                            [](const auto& in) { return in; }));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kUnsupported);
  const auto labels =
      read_sound_labels("index,mid,display_name\n0,/m/09x0r,Speech\n1,/m/0ytgt,\"Child speech, kid speaking\"\r\n", 2);
  ASSERT_TRUE(labels);
  EXPECT_EQ((*labels)[0], "Speech");
  EXPECT_EQ((*labels)[1], "Child speech, kid speaking");
  EXPECT_EQ(read_sound_labels("loud\nquiet", 2).value()[1], "quiet");
  EXPECT_FALSE(read_sound_labels("loud\nquiet", 3));
}

}  // namespace
}  // namespace hearth
