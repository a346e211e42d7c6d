#include "pipeline/utterances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace hearth {
namespace {

// Takes a frame for speech when it is loud, and counts the frames in its state.
class LoudnessLane final : public TensorLane {
 public:
  LoudnessLane() {
    facts_.name = "loudness";
    facts_.ports.inputs = {{"input", DataType::kF32, Shape{1, 576}, ""},
                           {"state", DataType::kF32, Shape{2, 1, 128}, ""},
                           {"sr", DataType::kI64, Shape{}, ""}};
    facts_.ports.outputs = {{"output", DataType::kF32, Shape{1, 1}, ""},
                            {"stateN", DataType::kF32, Shape{2, 1, 128}, ""}};
  }
  [[nodiscard]] const TensorModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) override {
    inputs_ = {view_of(std::span(audio_), shapes[0]), view_of(std::span(state_), shapes[1]),
               view_of(std::span(rate_), shapes[2])};
    return std::span<const TensorView>(inputs_);
  }
  [[nodiscard]] Status bind(std::size_t /*input*/, const TensorView& /*view*/) override { return {}; }
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& /*bounds*/) override {
    EXPECT_EQ(rate_[0], 16'000);
    if (state_[0] == 0) std::ranges::fill(context_, 0.0F);  // another recording begins
    EXPECT_TRUE(std::equal(context_.begin(), context_.end(), audio_.begin()));
    double power = 0;
    for (const float value : std::span(audio_).subspan(64)) power += static_cast<double>(value) * value;
    output_[0] = power > 1.0 ? 0.95F : 0.02F;
    std::copy(audio_.end() - 64, audio_.end(), context_.begin());
    next_state_ = state_;
    next_state_[0] += 1;
    outputs_ = {view_of(std::span(output_), Shape{1, 1}), view_of(std::span(next_state_), Shape{2, 1, 128})};
    return std::span<const TensorView>(outputs_);
  }
  [[nodiscard]] float frames_seen() const { return next_state_[0]; }
  TensorModelFacts& own_facts() { return facts_; }

 private:
  TensorModelFacts facts_;
  std::vector<float> audio_ = std::vector<float>(576);
  std::vector<float> context_ = std::vector<float>(64);
  std::vector<float> state_ = std::vector<float>(256);
  std::vector<float> next_state_ = std::vector<float>(256);
  std::vector<std::int64_t> rate_ = {0};
  std::vector<float> output_ = {0};
  std::vector<TensorView> inputs_;
  std::vector<TensorView> outputs_;
};

// Loud and quiet stretches, and the WAV of it.
struct Recording {
  std::vector<float> samples;
  std::vector<std::byte> wav;

  void add(double seconds, bool loud) {
    const auto n = static_cast<std::size_t>(seconds * 16'000);
    for (std::size_t i = 0; i < n; ++i)
      samples.push_back(loud ? 0.4F * static_cast<float>(std::sin(0.3 * static_cast<double>(i))) : 0.0F);
  }
  // Float WAV at 16 kHz.
  void finish() {
    const auto put = [this](const void* data, std::size_t n) {
      const auto* bytes = static_cast<const std::byte*>(data);
      wav.insert(wav.end(), bytes, bytes + n);
    };
    const auto n_bytes = static_cast<std::uint32_t>(samples.size() * sizeof(float));
    const std::uint32_t numbers[] = {36 + n_bytes, 16, 0x00010003, 16'000, 64'000, 0x00200004, n_bytes};
    put("RIFF", 4);
    put(&numbers[0], 4);
    put("WAVEfmt ", 8);
    put(&numbers[1], 20);
    put("data", 4);
    put(&numbers[6], 4);
    put(samples.data(), n_bytes);
  }
  [[nodiscard]] std::unique_ptr<MonoReader> reader() const {
    auto opened = MonoReader::open(std::make_unique<MemoryInput>(wav));
    EXPECT_TRUE(opened) << to_string(opened.error());
    return opened ? std::move(*opened) : nullptr;
  }
};

class UtterancesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Recording probe;
    probe.add(0.1, true);
    probe.finish();
    const auto opened = MonoReader::open(std::make_unique<MemoryInput>(probe.wav));
    if (!opened && opened.error().code == ErrorCode::kUnavailable) GTEST_SKIP() << opened.error().message;
  }
};

std::vector<Utterance> all_of(UtteranceSource& source) {
  std::vector<Utterance> all;
  for (;;) {
    Utterance utterance;
    const auto more = source.next(utterance);
    EXPECT_TRUE(more);
    if (!more || !*more) return all;
    all.push_back(std::move(utterance));
  }
}

TEST_F(UtterancesTest, speech_is_found_where_the_offline_search_finds_it) {
  std::mt19937 random(23);
  for (int round = 0; round < 20; ++round) {
    Recording recording;
    for (int i = 0; i < 12; ++i)
      recording.add(0.05 + static_cast<double>(random() % 1500) / 1000.0, (i % 2 == 0) == (random() % 2 == 0));
    recording.finish();
    SpeechDetectionOptions options;
    options.min_silence_ms = static_cast<std::uint32_t>(100 + random() % 400);
    if (round % 2 == 0) options.max_speech_s = 2.0;
    auto detector = *VoiceDetector::create(std::make_unique<LoudnessLane>());
    std::vector<float> probabilities;
    for (std::span<const float> rest(recording.samples); !rest.empty();) {
      const auto frame = rest.first(std::min(rest.size(), VoiceDetector::kFrameSamples));
      probabilities.push_back(*detector->probability(frame));
      rest = rest.subspan(frame.size());
    }
    const auto expected = detect_speech(probabilities, recording.samples.size(), options);
    const auto reader = recording.reader();
    const auto source = spoken_utterances(*reader, *detector, options, {});
    const auto utterances = all_of(*source);
    ASSERT_EQ(utterances.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      // Where speech is cut in its midst, the stream pads the first part before it knows of the second.
      const double apart = round % 2 == 0 ? 480 : 0;
      const std::uint64_t begin = utterances[i].begin;
      ASSERT_NEAR(static_cast<double>(begin), static_cast<double>(expected[i].begin), apart);
      ASSERT_NEAR(static_cast<double>(begin + utterances[i].samples.size()), static_cast<double>(expected[i].end),
                  apart);
      ASSERT_TRUE(std::equal(utterances[i].samples.begin(), utterances[i].samples.end(),
                             recording.samples.begin() + static_cast<std::ptrdiff_t>(begin)));
    }
  }
}

TEST_F(UtterancesTest, silence_gives_none) {
  Recording recording;
  recording.add(5, false);
  recording.finish();
  auto detector = *VoiceDetector::create(std::make_unique<LoudnessLane>());
  const auto reader = recording.reader();
  EXPECT_TRUE(all_of(*spoken_utterances(*reader, *detector, {}, {})).empty());
}

TEST_F(UtterancesTest, pieces_are_the_whole_recording_and_none_is_too_long) {
  Recording recording;
  for (int i = 0; i < 9; ++i) {
    recording.add(1.1, true);
    recording.add(0.2, false);
  }
  recording.finish();
  const auto reader = recording.reader();
  std::vector<float> joined;
  for (const auto& piece : all_of(*cut_utterances(*reader, 3.0))) {
    EXPECT_EQ(piece.begin, joined.size());
    EXPECT_LE(piece.samples.size(), 48'000U);
    joined.insert(joined.end(), piece.samples.begin(), piece.samples.end());
  }
  EXPECT_EQ(joined, recording.samples);
}

TEST(QuietestPlace, is_the_middle_of_the_least_power) {
  std::vector<float> samples(48'000, 0.5F);
  std::fill(samples.begin() + 40'000, samples.begin() + 41'600, 0.0F);
  EXPECT_EQ(quietest_place(samples, 32'000, 16'000), 40'800U);
  EXPECT_EQ(quietest_place(std::span(samples).first(100), 0, 16'000), 100U);
}

TEST(VoiceDetector, keeps_context_and_state_until_it_is_reset) {
  auto lane = std::make_unique<LoudnessLane>();
  const auto* watched = lane.get();
  auto detector = *VoiceDetector::create(std::move(lane));
  const std::vector<float> frame(512, 0.3F);
  for (int i = 0; i < 3; ++i) EXPECT_GT(*detector->probability(frame), 0.9F);
  EXPECT_EQ(watched->frames_seen(), 3.0F);
}

TEST(VoiceDetector, refuses_a_graph_that_is_none) {
  auto lane = std::make_unique<LoudnessLane>();
  lane->own_facts().ports.inputs[2].name = "rate";
  const auto detector = VoiceDetector::create(std::move(lane));
  ASSERT_FALSE(detector);
  EXPECT_EQ(detector.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(detector.error().message, ::testing::HasSubstr("loudness"));
}

}  // namespace
}  // namespace hearth
