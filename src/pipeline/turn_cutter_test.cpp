#include "pipeline/turn_cutter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pipeline/scripted_listening.h"

namespace hearth {
namespace {

constexpr std::uint32_t kRateHz = SpeechProbability::kSampleRateHz;

// Frames with a sample above a half are speech.
class PeakProbability final : public SpeechProbability {
 public:
  [[nodiscard]] Result<float> next(std::span<const float> frame, const CallBounds& /*bounds*/) override {
    if (std::ranges::find(frame, -1.0F) != frame.end()) return fail(ErrorCode::kInvalidData, "no probability");
    return *std::ranges::max_element(frame) > 0.5F ? 0.9F : 0.1F;
  }
};

struct Turns {
  std::vector<std::uint64_t> begins, ends;
  std::vector<float> speech;
};

TurnListener listener_of(Turns& turns) {
  return {[&](std::uint64_t begin) { turns.begins.push_back(begin); },
          [&](std::span<const float> more) { turns.speech.insert(turns.speech.end(), more.begin(), more.end()); },
          [&](std::uint64_t end) { turns.ends.push_back(end); }};
}

void add(std::vector<float>& to, double seconds, float level) {
  to.insert(to.end(), static_cast<std::size_t>(seconds * kRateHz), level);
}

TEST(TurnCutter, tells_of_a_turn_while_it_goes_on_and_when_it_is_over) {
  Turns turns;
  TurnCutter cutter(std::make_unique<PeakProbability>(), {}, listener_of(turns));
  std::vector<float> sound;
  add(sound, 1, 0.1F);
  ASSERT_TRUE(cutter.push(sound));
  EXPECT_TRUE(turns.begins.empty());
  sound.clear();
  add(sound, 0.3, 0.8F);
  ASSERT_TRUE(cutter.push(sound));
  ASSERT_EQ(turns.begins.size(), 1U);
  EXPECT_TRUE(cutter.in_turn());
  EXPECT_NEAR(static_cast<double>(turns.begins[0]), 0.7 * kRateHz, 512);  // 300 ms before the speech
  EXPECT_TRUE(turns.ends.empty());
  sound.clear();
  add(sound, 0.4, 0.1F);  // a pause within the turn
  add(sound, 0.2, 0.8F);
  add(sound, 1, 0.1F);
  ASSERT_TRUE(cutter.push(sound));
  ASSERT_EQ(turns.ends.size(), 1U);
  EXPECT_NEAR(static_cast<double>(turns.ends[0]), 2.4 * kRateHz, 1024);  // 500 ms after it
  EXPECT_EQ(turns.speech.size(), turns.ends[0] - turns.begins[0]);
  EXPECT_EQ(turns.speech.front(), 0.1F);
  EXPECT_FALSE(cutter.in_turn());
}

TEST(TurnCutter, passes_over_clicks) {
  Turns turns;
  TurnCutter cutter(std::make_unique<PeakProbability>(), {}, listener_of(turns));
  std::vector<float> sound;
  for (int i = 0; i < 5; ++i) {
    add(sound, 0.03, 0.8F);
    add(sound, 0.9, 0.1F);
  }
  ASSERT_TRUE(cutter.push(sound));
  EXPECT_EQ(turns.begins.size(), turns.ends.size());
}

TEST(TurnCutter, cuts_alike_however_audio_comes) {
  std::mt19937 random(5);
  std::vector<float> sound;
  for (int i = 0; i < 40; ++i) add(sound, 0.05 + static_cast<double>(random() % 1000) / 1000, i % 2 == 0 ? 0.1F : 0.8F);
  Turns whole;
  TurnCutter at_once(std::make_unique<PeakProbability>(), {}, listener_of(whole));
  ASSERT_TRUE(at_once.push(sound));
  EXPECT_GT(whole.begins.size(), 3U);
  Turns pieces;
  TurnCutter in_pieces(std::make_unique<PeakProbability>(), {}, listener_of(pieces));
  for (std::span<const float> rest = sound; !rest.empty();) {
    const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random() % 3000);
    ASSERT_TRUE(in_pieces.push(rest.first(n)));
    rest = rest.subspan(n);
  }
  EXPECT_EQ(pieces.begins, whole.begins);
  EXPECT_EQ(pieces.ends, whole.ends);
  EXPECT_EQ(pieces.speech, whole.speech);
  EXPECT_EQ(in_pieces.n_samples(), sound.size());
}

TEST(TurnCutter, forgets_and_begins_anew) {
  Turns turns;
  TurnCutter cutter(std::make_unique<PeakProbability>(), {}, listener_of(turns));
  std::vector<float> sound;
  add(sound, 0.5, 0.8F);
  ASSERT_TRUE(cutter.push(sound));
  EXPECT_TRUE(cutter.in_turn());
  cutter.forget();
  EXPECT_FALSE(cutter.in_turn());
  ASSERT_TRUE(cutter.push(sound));
  ASSERT_EQ(turns.begins.size(), 2U);
  EXPECT_GE(turns.begins[1], static_cast<std::uint64_t>(0.5 * kRateHz) - 512);  // nothing from before
  EXPECT_TRUE(turns.ends.empty());
}

TEST(TurnCutter, hands_the_detectors_error_on) {
  Turns turns;
  TurnCutter cutter(std::make_unique<PeakProbability>(), {}, listener_of(turns));
  EXPECT_EQ(cutter.push(std::vector<float>(512, -1.0F)).error().code, ErrorCode::kInvalidData);
}

TEST(LoudnessProbability, tells_speech_from_silence_and_steady_noise) {
  const auto probability = probability_of_loudness();
  std::mt19937 random(7);
  std::normal_distribution<float> noise(0, 0.01F);
  const auto frame = [&](float level) {
    std::vector<float> samples = letter_sound('a', 512.0 / kRateHz, kRateHz);
    for (float& sample : samples) sample = sample * 32 * level + noise(random);
    return samples;
  };
  EXPECT_LT(*probability->next(std::vector<float>(512), {}), 0.1F);
  for (int i = 0; i < 3000; ++i) (void)probability->next(frame(0), {});  // a minute and a half of a fan
  EXPECT_LT(*probability->next(frame(0), {}), 0.1F);
  EXPECT_GT(*probability->next(frame(0.2F), {}), 0.9F);
  for (int i = 0; i < 300; ++i) (void)probability->next(frame(0.2F), {});  // ten seconds without a pause
  EXPECT_GT(*probability->next(frame(0.2F), {}), 0.5F);
}

}  // namespace
}  // namespace hearth
