#include "audio/mel_spectrogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "audio/mono_reader.h"
#include "audio/wav_fixture.h"
#include "support/paths.h"

namespace hearth {
namespace {

std::vector<char> bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {(std::istreambuf_iterator<char>(file)), {}};
}

std::vector<float> noise(std::size_t n) {
  std::mt19937 random(3);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 2000.0F;
  return out;
}

std::vector<float> features(std::span<const float> samples, const MelOptions& options) {
  auto mel = MelSpectrogram::create(options);
  EXPECT_TRUE(mel);
  std::vector<float> frames;
  (*mel)->process(samples, frames);
  EXPECT_TRUE((*mel)->finish(frames));
  return frames;
}

// The same by the definition, in double precision: mirrored ends, Hann window, Fourier sum, filters, logarithm.
std::vector<double> by_definition(const std::vector<float>& samples, const MelOptions& options, std::size_t frame) {
  const auto n = static_cast<std::int64_t>(samples.size());
  const auto filters = mel_filters(options);
  const std::size_t n_bins = options.n_fft / 2 + 1;
  std::vector<double> out(options.n_mels);
  for (std::size_t bin = 0; bin < n_bins; ++bin) {
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < options.n_fft; ++i) {
      auto at = static_cast<std::int64_t>(frame * options.hop + i) - static_cast<std::int64_t>(options.pad);
      if (at < 0) at = -at;
      if (at >= n) at = 2 * (n - 1) - at;
      const double turn = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(options.n_fft);
      sum += samples[static_cast<std::size_t>(at)] * (0.5 - 0.5 * std::cos(turn)) *
             std::polar(1.0, -turn * static_cast<double>(bin));
    }
    const double value = options.is_power ? std::norm(sum) : std::abs(sum);
    for (std::size_t mel = 0; mel < options.n_mels; ++mel)
      out[mel] += value * static_cast<double>(filters[mel * n_bins + bin]);
  }
  for (double& value : out) {
    value = std::max(value, static_cast<double>(options.floor));
    value = options.logarithm == MelLogarithm::kLog10 ? std::log10(value) : std::log(value);
  }
  return out;
}

TEST(MelSpectrogram, equals_the_definition_in_the_middle_and_at_both_ends) {
  for (const auto& options : {whisper_mel_options(), whisper_mel_options(128), hifigan_mel_options()}) {
    const auto samples = noise(8'000);
    const auto frames = features(samples, options);
    const std::size_t n_frames = frames.size() / options.n_mels;
    ASSERT_EQ(n_frames, (8'000 + 2 * options.pad - options.n_fft) / options.hop + (options.drops_last ? 0 : 1));
    for (const std::size_t frame : {std::size_t{0}, n_frames / 2, n_frames - 1}) {
      const auto expected = by_definition(samples, options, frame);
      for (std::size_t mel = 0; mel < options.n_mels; ++mel)
        ASSERT_NEAR(frames[frame * options.n_mels + mel], expected[mel], 1e-4) << frame << " " << mel;
    }
  }
}

TEST(MelSpectrogram, does_not_depend_on_how_the_audio_was_cut) {
  const auto samples = noise(20'000);
  for (const auto& options : {whisper_mel_options(), hifigan_mel_options()}) {
    const auto whole = features(samples, options);
    std::mt19937 random(11);
    for (int round = 0; round < 5; ++round) {
      auto mel = *MelSpectrogram::create(options);
      std::vector<float> frames;
      for (std::span<const float> rest(samples); !rest.empty();) {
        const std::size_t n = std::min<std::size_t>(1 + random() % 3000, rest.size());
        mel->process(rest.first(n), frames);
        rest = rest.subspan(n);
      }
      ASSERT_TRUE(mel->finish(frames));
      ASSERT_EQ(frames, whole);
    }
  }
}

TEST(MelSpectrogram, refuses_audio_that_is_too_short_to_mirror) {
  auto mel = *MelSpectrogram::create(whisper_mel_options());
  std::vector<float> frames;
  mel->process(std::vector<float>(200), frames);
  const auto done = mel->finish(frames);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
}

TEST(MelSpectrogram, refuses_options_without_meaning) {
  MelOptions options;
  options.hop = 0;
  EXPECT_FALSE(MelSpectrogram::create(options));
  options = {};
  options.pad = options.n_fft;
  EXPECT_FALSE(MelSpectrogram::create(options));
  options = {};
  options.f_max_hz = 9'000;
  EXPECT_FALSE(MelSpectrogram::create(options));
  options = {};
  options.n_fft = 401;
  EXPECT_FALSE(MelSpectrogram::create(options));
}

// The filters that come with Whisper's vocabulary: magic, n_mels, n_bins, then float32.
TEST(MelSpectrogram, filters_equal_whispers_own) {
  const auto path = test::shared_dir() / "models/asr/whisper-filters_vocab_en.bin";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const auto bytes = bytes_of_file(path);
  std::int32_t head[3];
  ASSERT_GT(bytes.size(), sizeof(head));
  std::memcpy(head, bytes.data(), sizeof(head));
  ASSERT_EQ(head[1], 80);
  ASSERT_EQ(head[2], 201);
  std::vector<float> expected(80 * 201);
  std::memcpy(expected.data(), bytes.data() + sizeof(head), expected.size() * sizeof(float));
  const auto filters = mel_filters(whisper_mel_options());
  ASSERT_EQ(filters.size(), expected.size());
  for (std::size_t i = 0; i < filters.size(); ++i) ASSERT_NEAR(filters[i], expected[i], 1e-7F) << i;
}

// Log-mel of the same recording at 22.05 kHz, made with another library: [1, 80, 947] after a header of 128 bytes.
TEST(MelSpectrogram, correlates_with_features_made_elsewhere) {
  const auto speech = test::shared_dir() / "media/speech";
  if (!std::filesystem::exists(speech / "jfk_mel80.npy"))
    GTEST_SKIP() << speech / "jfk_mel80.npy"
                 << " is not here";
  const auto npy = bytes_of_file(speech / "jfk_mel80.npy");
  constexpr std::size_t kFrames = 947;
  constexpr std::size_t kHeader = 128;
  ASSERT_EQ(npy.size(), kHeader + 80 * kFrames * sizeof(float));
  std::vector<float> expected(80 * kFrames);
  std::memcpy(expected.data(), npy.data() + kHeader, expected.size() * sizeof(float));
  const auto wav = bytes_of_file(speech / "jfk.wav");
  const auto samples = read_mono(std::make_unique<MemoryInput>(std::as_bytes(std::span(wav))), 60, 22'050);
  ASSERT_TRUE(samples) << to_string(samples.error());
  const auto mel = transposed(features(*samples, hifigan_mel_options()), 80);
  ASSERT_EQ(mel.size(), expected.size());
  double worst = 0;
  double sum = 0;
  for (std::size_t i = 0; i < mel.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(mel[i]) - expected[i]);
    worst = std::max(worst, difference);
    sum += difference;
  }
  EXPECT_LT(sum / static_cast<double>(mel.size()), 0.05) << "worst " << worst;
}

TEST(MelSpectrogram, whispers_scaling_keeps_eight_decades) {
  std::vector<float> mel = {-10.0F, 0.0F, 2.0F};
  normalise_whisper_mel(mel);
  EXPECT_FLOAT_EQ(mel[0], -0.5F);
  EXPECT_FLOAT_EQ(mel[1], 1.0F);
  EXPECT_FLOAT_EQ(mel[2], 1.5F);
}

}  // namespace
}  // namespace hearth
