#include "audio/speech_detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace hearth {
namespace {

using ::testing::ElementsAre;

struct Run {
  std::size_t frames;
  float probability;
};

std::vector<float> frames_of(std::initializer_list<Run> runs) {
  std::vector<float> out;
  for (const auto& run : runs) out.insert(out.end(), run.frames, run.probability);
  return out;
}

constexpr std::uint64_t kFrame = 512;
constexpr std::uint64_t kPad = 480;  // 30 ms

std::vector<SpeechSegment> detect(const std::vector<float>& frames, const SpeechDetectionOptions& options = {}) {
  return detect_speech(frames, frames.size() * kFrame, options);
}

TEST(SpeechDetection, speech_is_padded_and_ends_where_its_pause_began) {
  EXPECT_THAT(detect(frames_of({{10, 0.1F}, {20, 0.9F}, {10, 0.1F}})),
              ElementsAre(SpeechSegment{10 * kFrame - kPad, 30 * kFrame + kPad}));
}

TEST(SpeechDetection, silence_is_no_speech) {
  EXPECT_TRUE(detect(frames_of({{100, 0.01F}})).empty());
  EXPECT_TRUE(detect({}).empty());
}

TEST(SpeechDetection, what_is_not_longer_than_the_least_is_no_speech) {
  EXPECT_TRUE(detect(frames_of({{5, 0.1F}, {7, 0.9F}, {10, 0.1F}})).empty());   // 224 ms
  EXPECT_EQ(detect(frames_of({{5, 0.1F}, {8, 0.9F}, {10, 0.1F}})).size(), 1U);  // 256 ms
}

TEST(SpeechDetection, a_short_pause_ends_nothing_and_a_longer_one_does) {
  EXPECT_EQ(detect(frames_of({{20, 0.9F}, {3, 0.1F}, {20, 0.9F}, {9, 0.1F}})).size(), 1U);
  EXPECT_EQ(detect(frames_of({{20, 0.9F}, {5, 0.1F}, {20, 0.9F}, {9, 0.1F}})).size(), 2U);
}

TEST(SpeechDetection, between_the_thresholds_nothing_changes) {
  EXPECT_TRUE(detect(frames_of({{50, 0.45F}})).empty());
  EXPECT_EQ(detect(frames_of({{20, 0.9F}, {50, 0.4F}, {1, 0.9F}, {10, 0.1F}})).size(), 1U);
}

TEST(SpeechDetection, the_stream_may_end_in_speech_and_pads_stay_inside) {
  EXPECT_THAT(detect(frames_of({{20, 0.9F}})), ElementsAre(SpeechSegment{0, 20 * kFrame}));
}

TEST(SpeechDetection, pads_that_would_overlap_share_the_pause) {
  SpeechDetectionOptions options;
  options.pad_ms = 200;
  const auto segments = detect(frames_of({{20, 0.9F}, {6, 0.1F}, {20, 0.9F}, {9, 0.1F}}), options);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].end, segments[1].begin);
  EXPECT_EQ(segments[0].end, 23 * kFrame);
}

TEST(SpeechDetection, long_speech_is_cut_in_its_longest_pause) {
  SpeechDetectionOptions options;
  options.min_silence_ms = 2000;
  options.max_speech_s = 3.0;
  const auto segments = detect(frames_of({{30, 0.9F}, {5, 0.1F}, {20, 0.9F}, {7, 0.1F}, {60, 0.9F}}), options);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].end, 55 * kFrame + kPad);
  EXPECT_EQ(segments[1].begin, 62 * kFrame - kPad);
}

TEST(SpeechDetection, who_has_no_patience_cuts_long_speech_in_its_next_pause) {
  SpeechDetectionOptions options;
  options.min_silence_ms = 500;
  options.max_speech_s = 10;
  options.patience_s = 2;
  SpeechDetector detector(options);
  std::vector<SpeechSegment> told;
  const auto push = [&](int n_frames, float probability) {
    for (int i = 0; i < n_frames; ++i) {
      const bool was_certain = detector.will_be_told();
      const auto begin = detector.speech_begin();
      if (const auto segment = detector.push(probability); segment) {
        told.push_back(*segment);
        EXPECT_TRUE(was_certain);
        EXPECT_EQ(segment->begin, *begin);
      }
    }
  };
  push(40, 0.9F);  // 1.28 s
  EXPECT_TRUE(detector.will_be_told());
  push(6, 0.1F);  // 0.19 s: too short a pause as yet
  EXPECT_TRUE(told.empty());
  push(40, 0.9F);  // beyond two seconds
  push(6, 0.1F);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], (SpeechSegment{0, 86 * 512}));
  push(400, 0.9F);  // no pause at all: cut at its longest, not in the pause that was
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].begin, 92U * 512);
  EXPECT_GT(told[1].end - told[1].begin, 9U * 16'000);
}

TEST(SpeechDetection, long_speech_without_a_pause_is_cut_all_the_same) {
  SpeechDetectionOptions options;
  options.max_speech_s = 2.0;
  const auto segments = detect(frames_of({{200, 0.9F}}), options);
  ASSERT_GE(segments.size(), 3U);
  for (const auto& segment : segments) EXPECT_LE(segment.end - segment.begin, 32'000U);
}

TEST(SpeechDetection, segments_are_in_order_apart_and_inside_for_any_probabilities) {
  std::mt19937 random(17);
  for (int round = 0; round < 300; ++round) {
    SpeechDetectionOptions options;
    options.min_silence_ms = static_cast<std::uint32_t>(random() % 300);
    options.min_speech_ms = static_cast<std::uint32_t>(random() % 300);
    options.pad_ms = static_cast<std::uint32_t>(random() % 200);
    if (round % 3 == 0) options.max_speech_s = 1.0 + static_cast<double>(random() % 50) / 10.0;
    std::vector<float> frames(random() % 400);
    float value = 0;
    for (float& frame : frames) {
      if (random() % 6 == 0) value = static_cast<float>(random() % 1001) / 1000.0F;
      frame = value;
    }
    const std::uint64_t n_samples = frames.size() * kFrame;
    std::uint64_t at = 0;
    for (const auto& segment : detect_speech(frames, n_samples, options)) {
      ASSERT_GE(segment.begin, at);
      ASSERT_GT(segment.end, segment.begin);
      ASSERT_LE(segment.end, n_samples);
      at = segment.end;
    }
  }
}

}  // namespace
}  // namespace hearth
