#include "audio/mono_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "audio/audio_encoding.h"
#include "audio/wav_fixture.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

std::vector<float> mono_of(const std::vector<std::byte>& bytes, std::uint32_t rate_hz = kSpeechSampleRateHz) {
  auto samples = read_mono(input_of(bytes), 60, rate_hz);
  EXPECT_TRUE(samples) << to_string(samples.error());
  return samples ? std::move(*samples) : std::vector<float>();
}

// What lies in the middle of both, where no filter sees an end.
double middle_correlation(const std::vector<float>& a, const std::vector<float>& b) {
  const std::size_t n = std::min(a.size(), b.size());
  return correlation(std::span(a).subspan(n / 4, n / 2), std::span(b).subspan(n / 4, n / 2));
}

TEST(MonoReader, keeps_16_khz_mono_as_it_is) {
  const auto samples = as_int16(sine(440, 16'000, 20'001));
  const auto mono = mono_of(wav_of(samples));
  ASSERT_EQ(mono.size(), samples.size());
  for (std::size_t i = 0; i < mono.size(); ++i) ASSERT_EQ(mono[i], static_cast<float>(samples[i]) / 32768.0F);
}

TEST(MonoReader, brings_every_rate_to_16_khz) {
  const auto wanted = sine(440, 16'000, 32'000);
  for (const std::uint32_t rate : {8'000U, 11'025U, 22'050U, 44'100U, 48'000U, 96'000U, 192'000U}) {
    const auto mono = mono_of(wav_of(as_int16(sine(440, rate, std::size_t{rate} * 2)), {.sample_rate_hz = rate}));
    EXPECT_NEAR(static_cast<double>(mono.size()), 32'000.0, 2.0) << rate;
    EXPECT_GT(middle_correlation(mono, wanted), 0.9999) << rate;
  }
}

TEST(MonoReader, leaves_out_what_16_khz_cant_carry) {
  const auto mono = mono_of(wav_of(as_int16(sine(12'000, 48'000, 96'000)), {.sample_rate_hz = 48'000}));
  double power = 0;
  for (const float value : std::span(mono).subspan(1000, mono.size() - 2000))
    power += static_cast<double>(value) * value;
  EXPECT_LT(power / static_cast<double>(mono.size()), 1e-8);
}

TEST(MonoReader, takes_the_mean_of_twelve_channels) {
  std::vector<std::int16_t> samples;
  for (int frame = 0; frame < 500; ++frame)
    for (int channel = 0; channel < 12; ++channel) samples.push_back(static_cast<std::int16_t>(1000 * channel));
  for (const float value : mono_of(wav_of(samples, {.n_channels = 12}))) ASSERT_NEAR(value, 5500.0F / 32768.0F, 1e-6F);
}

TEST(MonoReader, reads_eight_bits) {
  const std::vector<std::uint8_t> samples(4000, 192);  // half of full scale: 128 is silence
  for (const float value : mono_of(wav_of(samples, {.bits = 8}))) ASSERT_NEAR(value, 0.5F, 1e-6F);
}

TEST(MonoReader, names_the_time_of_a_sample_that_is_no_number) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> samples(32'000, 0.25F);
    samples[24'000] = bad;
    const auto bytes = wav_of(samples, {.tag = 3, .bits = 32});
    const auto mono = read_mono(input_of(bytes), 60);
    ASSERT_FALSE(mono);
    EXPECT_EQ(mono.error().code, ErrorCode::kInvalidData);
    EXPECT_THAT(mono.error().message, HasSubstr("at 1.500 s"));
  }
}

TEST(MonoReader, counts_clipped_samples_and_bounds_what_is_beyond) {
  std::vector<float> samples(1000, 0.5F);
  for (std::size_t i = 100; i < 140; ++i) samples[i] = 3.0F;
  const auto bytes = wav_of(samples, {.tag = 3, .bits = 32});
  auto reader = MonoReader::open(input_of(bytes));
  ASSERT_TRUE(reader);
  std::vector<float> block;
  ASSERT_TRUE((*reader)->next(block));
  EXPECT_EQ((*reader)->n_clipped(), 40U);
  EXPECT_EQ(block[120], 1.0F);
  EXPECT_DOUBLE_EQ((*reader)->seconds_read(), 1000.0 / 16'000.0);
}

TEST(MonoReader, no_filter_swings_beyond_full_scale) {
  std::vector<float> square;
  for (int i = 0; i < 4'000; ++i) square.push_back(i * 7 % 5 < 2 ? 1.0F : -1.0F);
  for (const float value : mono_of(wav_of(square, {.tag = 3, .sample_rate_hz = 7'236, .bits = 32}))) {
    ASSERT_LE(value, 1.0F);
    ASSERT_GE(value, -1.0F);
  }
}

TEST(MonoReader, one_sample_is_enough) { EXPECT_EQ(mono_of(wav_of<std::int16_t>({16'384})).size(), 1U); }

TEST(MonoReader, refuses_to_hold_more_than_it_was_allowed) {
  const auto bytes = wav_of(std::vector<std::int16_t>(40'000));
  const auto mono = read_mono(input_of(bytes), 2.0);
  ASSERT_FALSE(mono);
  EXPECT_EQ(mono.error().code, ErrorCode::kDoesNotFit);
}

TEST(MonoReader, reads_mp3) {
  const auto path = std::filesystem::temp_directory_path() / "hearth_mono_reader_test.mp3";
  SF_INFO info{};
  info.samplerate = 44'100;
  info.channels = 1;
  info.format = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
  if (sf_format_check(&info) == 0) GTEST_SKIP() << "this libsndfile can't write MP3";
  const auto tone = sine(440, 44'100, 88'200);
  SNDFILE* out = sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(out, nullptr);
  ASSERT_EQ(sf_writef_float(out, tone.data(), 88'200), 88'200);
  sf_close(out);
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> chars((std::istreambuf_iterator<char>(file)), {});
  std::filesystem::remove(path);
  std::vector<std::byte> bytes;
  put_text(bytes, std::string_view(chars.data(), chars.size()));
  auto reader = MonoReader::open(input_of(bytes));
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_EQ((*reader)->info().container, AudioContainer::kMp3);
  EXPECT_NEAR(static_cast<double>(mono_of(bytes).size()), 32'000.0, 1'600.0);  // the coder adds its delay
}

// Ten hours that are never held: bytes are made as they are asked for.
class LongInput final : public ByteInput {
 public:
  static constexpr std::uint64_t kFrames = std::uint64_t{10} * 3600 * 8000;
  LongInput()
      : header_(wav_of(std::vector<std::uint8_t>{}, {.sample_rate_hz = 8'000, .bits = 8, .claimed_bytes = kFrames})) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return header_.size() + kFrames; }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    largest_ = std::max(largest_, out.size());
    std::memset(out.data(), 128, out.size());
    for (std::size_t i = 0; i < out.size() && offset + i < header_.size(); ++i)
      out[i] = header_[static_cast<std::size_t>(offset + i)];
    return {};
  }
  [[nodiscard]] std::size_t largest() const { return largest_; }

 private:
  std::vector<std::byte> header_;
  std::size_t largest_ = 0;
};

TEST(MonoReader, ten_hours_are_read_block_by_block) {
  auto input = std::make_unique<LongInput>();
  const auto* watched = input.get();
  auto reader = MonoReader::open(std::move(input), 8'000);
  ASSERT_TRUE(reader) << to_string(reader.error());
  std::uint64_t n = 0;
  std::size_t largest = 0;
  for (std::vector<float> block;;) {
    ASSERT_TRUE((*reader)->next(block));
    if (block.empty()) break;
    n += block.size();
    largest = std::max(largest, block.capacity());
  }
  EXPECT_EQ(n, LongInput::kFrames);
  EXPECT_LT(largest, 100'000U);
  EXPECT_LT(watched->largest(), 1U << 20U);
}

TEST(Resampler, does_not_depend_on_how_the_input_was_cut) {
  std::mt19937 random(7);
  std::vector<float> in(30'000);
  for (float& value : in) value = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000.0F;
  for (const auto& [from, to] :
       std::vector<std::pair<std::uint32_t, std::uint32_t>>{{44'100, 16'000}, {8'000, 16'000}}) {
    std::vector<float> whole;
    auto once = *Resampler::create(from, to);
    ASSERT_TRUE(once->process(in, whole));
    ASSERT_TRUE(once->finish(whole));
    for (int round = 0; round < 5; ++round) {
      std::vector<float> out;
      auto cut = *Resampler::create(from, to);
      for (std::span<const float> rest(in); !rest.empty();) {
        const std::size_t n = std::min<std::size_t>(1 + random() % 4000, rest.size());
        ASSERT_TRUE(cut->process(rest.first(n), out));
        rest = rest.subspan(n);
      }
      ASSERT_TRUE(cut->finish(out));
      ASSERT_EQ(out.size(), whole.size());
      for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], whole[i], 1e-6F) << i;
    }
  }
}

TEST(Resampler, refuses_a_rate_of_zero) { EXPECT_FALSE(Resampler::create(0, 16'000)); }

}  // namespace
}  // namespace hearth
