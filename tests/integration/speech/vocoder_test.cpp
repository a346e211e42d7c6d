// HiFi-GAN on real features: a recording's log-mel spectrogram becomes sound that has this spectrogram again.
#include <chrono>
#include <cmath>

#include "audio/mel_spectrogram.h"
#include "audio/npy.h"
#include "pipeline/vocoder.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

constexpr std::size_t kBands = 80;

NpyArray features() {
  std::ifstream file(test::shared_dir() / "media/speech/jfk_mel80.npy", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  auto array = read_npy(std::as_bytes(std::span(bytes)));
  return array ? std::move(*array) : NpyArray{};
}

// Pearson's, over all bands and frames.
double correlation_of(std::span<const float> a, std::span<const float> b) {
  double a_mean = 0;
  double b_mean = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a_mean += static_cast<double>(a[i]) / static_cast<double>(a.size());
    b_mean += static_cast<double>(b[i]) / static_cast<double>(a.size());
  }
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]) - a_mean;
    const double y = static_cast<double>(b[i]) - b_mean;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

class VocoderOnRealFeatures : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    array_ = features();
    if (array_.values.empty()) GTEST_SKIP() << "no features in " << test::shared_dir();
  }
  Result<std::unique_ptr<Vocoder>> open(const VocoderOptions& options = {}) {
    HEARTH_ASSIGN(lane,
                  speech_tests::open_lane(registry_, {"openvino", test::shared_dir() / "models/tts" / GetParam()}));
    return Vocoder::create(std::move(lane), options);
  }
  static bool is_absent(const Error& error) {
    return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kUnavailable;
  }
  static std::vector<float> speak(Vocoder& vocoder, std::span<const float> mel) {
    std::vector<float> audio;
    const auto done = vocoder.synthesise(mel, {}, [&audio](std::span<const float> part) {
      audio.insert(audio.end(), part.begin(), part.end());
      return true;
    });
    EXPECT_TRUE(done) << to_string(done.error());
    return audio;
  }

  RuntimeRegistry registry_{speech_tests::registry_options()};
  NpyArray array_;
};

TEST_P(VocoderOnRealFeatures, sound_has_the_spectrogram_that_it_was_made_from) {
  auto vocoder = open();
  if (!vocoder && is_absent(vocoder.error())) GTEST_SKIP() << vocoder.error().message;
  ASSERT_TRUE(vocoder) << to_string(vocoder.error());
  const auto start = std::chrono::steady_clock::now();
  const auto audio = speak(**vocoder, array_.values);
  const double took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_EQ(audio.size(), 242'432U);  // 10.99 s
  RecordProperty("rtf", std::to_string(took_s / (static_cast<double>(audio.size()) / 22'050)));
  for (const float value : audio) ASSERT_LE(std::fabs(value), 1.0F);

  auto mel = MelSpectrogram::create(hifigan_mel_options());
  if (!mel && mel.error().code == ErrorCode::kUnavailable) GTEST_SKIP() << mel.error().message;
  ASSERT_TRUE(mel);
  std::vector<float> frames;
  (*mel)->process(audio, frames);
  ASSERT_TRUE((*mel)->finish(frames));
  const auto heard = transposed(frames, kBands);
  ASSERT_EQ(heard.size(), array_.values.size());
  const double correlation = correlation_of(heard, array_.values);
  RecordProperty("mel_correlation", std::to_string(correlation));
  EXPECT_GE(correlation, 0.95);
}

TEST_P(VocoderOnRealFeatures, windows_give_what_the_whole_gives) {
  constexpr std::size_t kFrames = 320;
  VocoderOptions at_once;
  at_once.first_window_frames = kFrames;
  at_once.window_frames = kFrames;
  auto whole = open(at_once);
  if (!whole && is_absent(whole.error())) GTEST_SKIP() << whole.error().message;
  ASSERT_TRUE(whole) << to_string(whole.error());
  std::vector<float> mel;
  const std::size_t n_frames = array_.values.size() / kBands;
  for (std::size_t band = 0; band < kBands; ++band)
    mel.insert(mel.end(), array_.values.begin() + static_cast<std::ptrdiff_t>(band * n_frames),
               array_.values.begin() + static_cast<std::ptrdiff_t>(band * n_frames + kFrames));
  const auto expected = speak(**whole, mel);
  VocoderOptions short_windows;
  short_windows.first_window_frames = 64;
  short_windows.window_frames = 128;
  auto vocoder = open(short_windows);
  ASSERT_TRUE(vocoder);
  const auto windowed = speak(**vocoder, mel);
  ASSERT_EQ(windowed.size(), expected.size());
  double largest = 0;
  // The last frames are followed by silence in the one and by their like in the other.
  for (std::size_t i = 0; i < windowed.size() - 16 * 256; ++i)
    largest = std::max(largest, std::fabs(static_cast<double>(windowed[i]) - static_cast<double>(expected[i])));
  RecordProperty("largest_difference", std::to_string(largest));
  EXPECT_LT(largest, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Models, VocoderOnRealFeatures,
                         ::testing::Values("hifigan_float16.tflite", "hifigan_dr.tflite"), [](const auto& subject) {
                           return std::string(subject.param).substr(0, std::string(subject.param).find('.'));
                         });

}  // namespace
}  // namespace hearth
