#include "audio/pcm_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "audio/wav_fixture.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

Result<std::vector<float>> samples_of(std::span<const std::byte> bytes, const PcmStreamOptions& options = {},
                                      std::size_t call_bytes_max = std::numeric_limits<std::size_t>::max()) {
  HEARTH_ASSIGN(stream, PcmStream::create(options));
  std::vector<float> out;
  std::mt19937 random(5);
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), 1 + random() % call_bytes_max);
    HEARTH_TRY(stream->push(bytes.first(n), out));
    bytes = bytes.subspan(n);
  }
  HEARTH_TRY(stream->finish(out));
  return out;
}

template <class Sample>
std::vector<std::byte> bytes_of(const std::vector<Sample>& samples) {
  const auto bytes = std::as_bytes(std::span(samples));
  return {bytes.begin(), bytes.end()};
}

TEST(PcmStream, gives_what_the_reader_of_files_gives_however_it_is_cut) {
  for (const std::uint32_t rate : {16'000U, 44'100U, 192'000U}) {
    WavFields fields;
    fields.n_channels = 3;
    fields.sample_rate_hz = rate;
    const auto wav = wav_of(as_int16(sine(300, rate, 3 * 5'000)), fields);
    const auto expected = read_mono(input_of(wav), 10);
    ASSERT_TRUE(expected) << to_string(expected.error());
    for (const std::size_t call : {std::size_t{1}, std::size_t{700}, std::size_t{1} << 20U}) {
      const auto samples = samples_of(wav, {}, call);
      ASSERT_TRUE(samples) << to_string(samples.error());
      EXPECT_EQ(*samples, *expected) << rate << " Hz in calls of " << call;
    }
  }
}

TEST(PcmStream, reads_every_width) {
  const std::vector<std::uint8_t> eight{0, 128, 255, 64};
  PcmStreamOptions options;
  options.raw = PcmFormat{.encoding = PcmEncoding::kU8};
  EXPECT_EQ(*samples_of(bytes_of(eight), options), (std::vector<float>{-1, 0, 127.0F / 128, -0.5F}));
  const std::vector<std::uint8_t> twenty_four{0, 0, 0x80, 0, 0, 0x40, 0xFF, 0xFF, 0xFF};
  options.raw->encoding = PcmEncoding::kS24;
  EXPECT_EQ(*samples_of(bytes_of(twenty_four), options), (std::vector<float>{-1, 0.5F, -1.0F / 8388608}));
  options.raw->encoding = PcmEncoding::kS32;
  EXPECT_EQ(
      *samples_of(bytes_of(std::vector<std::int32_t>{1 << 30, std::numeric_limits<std::int32_t>::min()}), options),
      (std::vector<float>{0.5F, -1}));
  options.raw->encoding = PcmEncoding::kF32;
  EXPECT_EQ(*samples_of(bytes_of(std::vector<float>{0.25F, 7}), options), (std::vector<float>{0.25F, 1}));
}

TEST(PcmStream, a_length_that_is_not_told_is_no_end) {
  WavFields fields;
  for (const std::int64_t claimed : {std::int64_t{0}, std::int64_t{0xFFFFFFFF}, std::int64_t{0x7FFFF000}}) {
    fields.claimed_bytes = claimed;
    const auto samples = samples_of(wav_of(as_int16(sine(300, 16'000, 400)), fields));
    ASSERT_TRUE(samples) << to_string(samples.error());
    EXPECT_EQ(samples->size(), 400U);
  }
  fields.claimed_bytes = 2 * 100;
  EXPECT_EQ(samples_of(wav_of(as_int16(sine(300, 16'000, 400)), fields))->size(), 100U);
}

TEST(PcmStream, tells_what_is_odd_at_the_end) {
  WavFields fields;
  fields.claimed_bytes = 1'000;
  auto wav = wav_of(as_int16(sine(300, 16'000, 400)), fields);
  auto stream = std::move(*PcmStream::create({}));
  std::vector<float> out;
  ASSERT_TRUE(stream->push(wav, out));
  ASSERT_TRUE(stream->finish(out));
  EXPECT_THAT(stream->note(), HasSubstr("200 bytes before the end"));
  PcmStreamOptions raw;
  raw.raw = PcmFormat{};
  auto odd = std::move(*PcmStream::create(raw));
  ASSERT_TRUE(odd->push(std::span(wav).first(401), out));
  ASSERT_TRUE(odd->finish(out));
  EXPECT_THAT(odd->note(), HasSubstr("within a sample"));
}

TEST(PcmStream, refuses_what_it_cant_read) {
  const auto error_of = [](std::span<const std::byte> bytes) {
    const auto samples = samples_of(bytes);
    EXPECT_FALSE(samples);
    return samples ? Error(ErrorCode::kInternal, "") : samples.error();
  };
  EXPECT_EQ(error_of({}).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(bytes_of(std::vector<char>(64, 'x'))).code, ErrorCode::kUnsupported);
  const auto wav = wav_of(as_int16(sine(300, 16'000, 10)));
  EXPECT_THAT(error_of(std::span(wav).first(30)).message, HasSubstr("before its samples begin"));
  EXPECT_THAT(error_of(std::span(wav).first(44)).message, HasSubstr("0 samples"));
  WavFields fields;
  fields.tag = 6;
  EXPECT_EQ(error_of(wav_of(as_int16(sine(300, 16'000, 10)), fields)).code, ErrorCode::kUnsupported);
  fields = {};
  fields.n_channels = 65;
  EXPECT_EQ(error_of(wav_of(as_int16(sine(300, 16'000, 65)), fields)).code, ErrorCode::kDoesNotFit);
  fields = {};
  fields.tag = 3;
  fields.bits = 32;
  const auto nan = error_of(wav_of(std::vector<float>{0, std::numeric_limits<float>::quiet_NaN()}, fields));
  EXPECT_EQ(nan.code, ErrorCode::kInvalidData);
  auto endless = std::vector<std::byte>(wav.begin(), wav.begin() + 36);
  put_text(endless, "LIST");
  put_value(endless, std::uint32_t{1} << 30U);
  EXPECT_THAT(error_of(endless).message, HasSubstr("64 KiB"));
}

}  // namespace
}  // namespace hearth
