#include "pipeline/vocoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace hearth {
namespace {

constexpr std::size_t kBands = 4;
constexpr std::size_t kHop = 3;
constexpr std::size_t kReach = 8;

// Gives for each frame the mean of band 0 over kReach frames to each side, as often as a frame has samples; of what
// lies outside the window it sees nothing.
class BlurLane final : public TensorLane {
 public:
  explicit BlurLane(std::int64_t n_frames) {
    facts_.name = "blur";
    facts_.ports.inputs = {{"mel", DataType::kF32, Shape{1, kBands, n_frames}, ""}};
    facts_.ports.outputs = {{"audio", DataType::kF32, Shape{1, -1, 1}, ""}};
  }
  [[nodiscard]] const TensorModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) override {
    n_frames_ = static_cast<std::size_t>(shapes[0][2]);
    windows.push_back(n_frames_);
    mel_.resize(kBands * n_frames_);
    inputs_ = {view_of(std::span(mel_), shapes[0])};
    return std::span<const TensorView>(inputs_);
  }
  [[nodiscard]] Status bind(std::size_t /*input*/, const TensorView& /*view*/) override { return {}; }
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& /*bounds*/) override {
    audio_.clear();
    for (std::size_t frame = 0; frame < n_frames_; ++frame) {
      const std::size_t first = frame - std::min(frame, kReach);
      const std::size_t end = std::min(frame + kReach + 1, n_frames_);
      double sum = 0;
      for (std::size_t i = first; i < end; ++i) sum += static_cast<double>(mel_[i]);
      audio_.insert(audio_.end(), kHop + surplus, static_cast<float>(sum / 17.0));
    }
    outputs_ = {view_of(std::span(audio_), Shape{1, static_cast<std::int64_t>(audio_.size()), 1})};
    return std::span<const TensorView>(outputs_);
  }
  std::size_t surplus = 0;
  std::vector<std::size_t> windows;

 private:
  TensorModelFacts facts_;
  std::size_t n_frames_ = 0;
  std::vector<float> mel_;
  std::vector<float> audio_;
  std::vector<TensorView> inputs_;
  std::vector<TensorView> outputs_;
};

VocoderOptions small(std::size_t first, std::size_t window) {
  return {.sample_rate_hz = 300,
          .n_mels = kBands,
          .hop = kHop,
          .first_window_frames = first,
          .window_frames = window,
          .context_frames = kReach};
}

std::vector<float> audio_of(std::unique_ptr<BlurLane> lane, const std::vector<float>& mel,
                            const VocoderOptions& options) {
  auto vocoder = Vocoder::create(std::move(lane), options);
  EXPECT_TRUE(vocoder) << to_string(vocoder.error());
  std::vector<float> audio;
  const auto done = (*vocoder)->synthesise(mel, {}, [&audio](std::span<const float> part) {
    audio.insert(audio.end(), part.begin(), part.end());
    return true;
  });
  EXPECT_TRUE(done) << to_string(done.error());
  return audio;
}

std::vector<float> random_mel(std::size_t n_frames) {
  std::mt19937 random(41);
  std::vector<float> mel(kBands * n_frames);
  for (float& value : mel) value = static_cast<float>(random() % 1000) / 1000.0F;
  return mel;
}

TEST(Vocoder, windows_join_without_a_seam) {
  for (const std::size_t n_frames : {1U, 15U, 64U, 65U, 100U, 333U}) {
    const auto mel = random_mel(n_frames);
    // One window over all, with more frames behind the end than the blur reaches.
    const auto whole = audio_of(std::make_unique<BlurLane>(-1), mel, small(1'024, 1'024));
    for (const std::size_t window : {17U, 24U, 50U, 128U}) {
      const auto joined = audio_of(std::make_unique<BlurLane>(-1), mel, small(17, window));
      ASSERT_EQ(joined.size(), n_frames * kHop);
      // The last frames see what follows the end, which depends on the room that is left.
      const std::size_t n = (n_frames - std::min(n_frames, kReach)) * kHop;
      ASSERT_TRUE(std::equal(joined.begin(), joined.begin() + static_cast<std::ptrdiff_t>(n), whole.begin()))
          << n_frames << " frames, window " << window;
    }
  }
}

TEST(Vocoder, the_first_window_is_short_and_the_last_no_longer_than_needed) {
  auto lane = std::make_unique<BlurLane>(-1);
  const auto* watched = lane.get();
  auto vocoder = *Vocoder::create(std::move(lane), small(64, 256));
  ASSERT_TRUE(vocoder->synthesise(random_mel(400), {}, [](std::span<const float>) { return true; }));
  EXPECT_THAT(watched->windows, ::testing::ElementsAre(64, 256, 128));
}

TEST(Vocoder, a_graph_of_fixed_frames_rules_the_window) {
  auto lane = std::make_unique<BlurLane>(30);
  const auto* watched = lane.get();
  auto vocoder = *Vocoder::create(std::move(lane), small(64, 100));
  EXPECT_EQ(vocoder->options().window_frames, 30U);
  std::size_t n = 0;
  ASSERT_TRUE(vocoder->synthesise(random_mel(200), {}, [&n](std::span<const float> part) {
    n += part.size();
    return true;
  }));
  EXPECT_EQ(n, 200 * kHop);
  EXPECT_THAT(watched->windows, ::testing::Each(30U));
}

TEST(Vocoder, refuses_what_fits_no_vocoder) {
  EXPECT_EQ(Vocoder::create(std::make_unique<BlurLane>(-1)).error().code, ErrorCode::kUnsupported);  // of 80 bands
  EXPECT_EQ(Vocoder::create(std::make_unique<BlurLane>(16), small(64, 100)).error().code, ErrorCode::kInvalidArgument);
  auto vocoder = *Vocoder::create(std::make_unique<BlurLane>(-1), small(64, 64));
  const auto nobody = [](std::span<const float>) {
    ADD_FAILURE() << "sound came";
    return true;
  };
  EXPECT_EQ(vocoder->synthesise({}, {}, nobody).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(vocoder->synthesise(std::vector<float>(7), {}, nobody).error().code, ErrorCode::kInvalidArgument);
  const std::vector<float> bad(8, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(vocoder->synthesise(bad, {}, nobody).error().code, ErrorCode::kInvalidData);
  auto lane = std::make_unique<BlurLane>(-1);
  lane->surplus = 1;
  auto other_hop = *Vocoder::create(std::move(lane), small(64, 64));
  EXPECT_EQ(other_hop->synthesise(random_mel(9), {}, nobody).error().code, ErrorCode::kInvalidData);
}

TEST(Vocoder, stops_when_nobody_listens) {
  auto lane = std::make_unique<BlurLane>(-1);
  const auto* watched = lane.get();
  auto vocoder = *Vocoder::create(std::move(lane), small(64, 64));
  const auto stopped = vocoder->synthesise(random_mel(1'000), {}, [](std::span<const float>) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(watched->windows.size(), 1U);
}

}  // namespace
}  // namespace hearth
