#include "pipeline/wake_word.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "pipeline/sound_lane_fixture.h"

namespace hearth {
namespace {

// Loudness of each 10 ms, its mean over the frames, and the mean over the embeddings as the score.
WakeWordDetector::Graphs loudness_graphs() {
  WakeWordDetector::Graphs graphs;
  graphs.mel = std::make_unique<SoundLane>(
      std::vector<Shape>{Shape{1, -1}}, std::vector<Shape>{Shape{-1, 1, -1, 32}}, [](const SoundLane::Rows& in) {
        std::vector<float> out;
        for (std::size_t frame = 0; frame < 8; ++frame) {
          float most = 0;
          for (std::size_t i = 0; i < 160; ++i) most = std::max(most, in[0][480 + frame * 160 + i] / 32'768);
          out.insert(out.end(), 32, (most - 2) * 10);  // what the detector's scale makes of it is the loudness
        }
        return SoundLane::Rows{out};
      });
  const auto mean = [](const std::vector<float>& row) {
    return std::accumulate(row.begin(), row.end(), 0.0F) / static_cast<float>(row.size());
  };
  graphs.embedding = std::make_unique<SoundLane>(
      std::vector<Shape>{Shape{-1, 76, 32, 1}}, std::vector<Shape>{Shape{-1, 1, 1, 96}},
      [mean](const SoundLane::Rows& in) { return SoundLane::Rows{std::vector<float>(96, mean(in[0]))}; });
  graphs.word =
      std::make_unique<SoundLane>(std::vector<Shape>{Shape{1, 16, 96}}, std::vector<Shape>{Shape{1, 1}},
                                  [mean](const SoundLane::Rows& in) { return SoundLane::Rows{{mean(in[0])}}; });
  return graphs;
}

std::unique_ptr<WakeWordDetector> detector() {
  auto made = WakeWordDetector::create(loudness_graphs());
  EXPECT_TRUE(made) << to_string(made.error());
  return std::move(*made);
}

// Three seconds each of silence, a loud tone, silence and the tone.
std::vector<float> recording() {
  std::vector<float> samples(48'000, 0);
  samples.insert(samples.end(), 48'000, 0.9F);
  samples.insert(samples.end(), 48'000, 0);
  samples.insert(samples.end(), 48'000, 0.9F);
  return samples;
}

TEST(WakeWord, is_heard_once_each_time_the_score_passes_the_threshold) {
  auto tested = detector();
  std::vector<WakeWordHit> hits;
  ASSERT_TRUE(tested->process(recording(), hits));
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_NEAR(hits[1].at_s, hits[0].at_s + 6, 0.3);
  EXPECT_GT(hits[0].at_s, 3.3);
  EXPECT_LT(hits[0].at_s, 5);
  EXPECT_GE(hits[0].score, 0.5F);
  EXPECT_NEAR(tested->score(), 0.9F, 1e-3);
}

TEST(WakeWord, is_heard_at_the_same_place_however_the_input_was_cut_and_after_a_reset) {
  auto tested = detector();
  const auto samples = recording();
  std::vector<WakeWordHit> expected;
  ASSERT_TRUE(tested->process(samples, expected));
  ASSERT_EQ(expected.size(), 2U);
  std::mt19937 random(4);
  for (int round = 0; round < 5; ++round) {
    tested->reset();
    std::vector<WakeWordHit> hits;
    for (std::size_t at = 0; at < samples.size();) {
      const std::size_t n = std::min<std::size_t>(samples.size() - at, 1 + random() % 5'000);
      ASSERT_TRUE(tested->process(std::span(samples).subspan(at, n), hits));
      at += n;
    }
    ASSERT_EQ(hits.size(), expected.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
      EXPECT_EQ(hits[i].at_s, expected[i].at_s);
      EXPECT_EQ(hits[i].score, expected[i].score);
    }
  }
}

TEST(WakeWord, says_nothing_within_the_refractory_time) {
  WakeWordOptions patient;
  patient.refractory_s = 20;
  auto tested = WakeWordDetector::create(loudness_graphs(), patient);
  ASSERT_TRUE(tested);
  std::vector<WakeWordHit> hits;
  ASSERT_TRUE((*tested)->process(recording(), hits));
  EXPECT_EQ(hits.size(), 1U);
}

TEST(WakeWord, graphs_in_another_order_are_refused_by_name) {
  auto graphs = loudness_graphs();
  std::swap(graphs.mel, graphs.word);
  const auto made = WakeWordDetector::create(std::move(graphs));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth
