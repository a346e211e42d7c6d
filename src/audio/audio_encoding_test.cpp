#include "audio/audio_encoding.h"

#include <gtest/gtest.h>

#include <limits>

#include "audio/mono_reader.h"
#include "audio/wav_fixture.h"

namespace hearth {
namespace {

TEST(AudioEncoding, what_is_written_is_read_back) {
  const auto samples = sine(440, 16'000, 16'000);
  for (const auto encoding : {AudioEncoding::kWav, AudioEncoding::kFlac}) {
    const auto bytes = encode_audio(samples, 16'000, encoding);
    ASSERT_TRUE(bytes) << to_string(bytes.error());
    const auto back = read_mono(input_of(*bytes), 60);
    ASSERT_TRUE(back) << to_string(back.error());
    ASSERT_EQ(back->size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) ASSERT_NEAR((*back)[i], samples[i], 1.0F / 32'000.0F);
  }
  for (const auto encoding : {AudioEncoding::kOggVorbis, AudioEncoding::kOggOpus, AudioEncoding::kMp3}) {
    const auto bytes = encode_audio(samples, 16'000, encoding);
    ASSERT_TRUE(bytes) << to_string(bytes.error());
    const auto back = read_mono(input_of(*bytes), 60);
    ASSERT_TRUE(back) << to_string(back.error());
    // MP3 is padded to whole frames of 576 samples and has the encoder's delay before it.
    ASSERT_NEAR(static_cast<double>(back->size()), 16'000.0, encoding == AudioEncoding::kMp3 ? 3'000.0 : 400.0);
    double power = 0;
    for (const float value : *back) power += static_cast<double>(value) * value;
    EXPECT_NEAR(power / static_cast<double>(back->size()), 0.125, 0.02) << audio_encoding_name(encoding);
    EXPECT_LT(bytes->size(), samples.size());
  }
}

// What is sent in its order alone reads as well, and is the same audio.
TEST(AudioEncoding, what_is_streamed_is_read_back) {
  const auto samples = sine(440, 16'000, 16'000);
  for (const auto encoding : {AudioEncoding::kWav, AudioEncoding::kFlac, AudioEncoding::kOggVorbis,
                              AudioEncoding::kOggOpus, AudioEncoding::kMp3}) {
    std::vector<std::byte> sent;
    StreamedOutput output([&sent](std::span<const std::byte> bytes) {
      sent.insert(sent.end(), bytes.begin(), bytes.end());
      return true;
    });
    auto encoder = AudioEncoder::create(output, 16'000, encoding);
    ASSERT_TRUE(encoder) << to_string(encoder.error());
    for (std::size_t i = 0; i < samples.size(); i += 1'280)
      ASSERT_TRUE((*encoder)->write(std::span(samples).subspan(i, std::min<std::size_t>(1'280, samples.size() - i))));
    ASSERT_TRUE((*encoder)->finish());
    const auto back = read_mono(input_of(sent), 60);
    ASSERT_TRUE(back) << audio_encoding_name(encoding) << ": " << to_string(back.error());
    EXPECT_NEAR(static_cast<double>(back->size()), 16'000.0, 3'000.0) << audio_encoding_name(encoding);
    double power = 0;
    for (const float value : *back) power += static_cast<double>(value) * value;
    EXPECT_NEAR(power / 16'000.0, 0.125, 0.02) << audio_encoding_name(encoding);
  }
}

TEST(AudioEncoding, stops_when_nobody_takes_the_bytes) {
  StreamedOutput output([](std::span<const std::byte>) { return false; });
  auto encoder = AudioEncoder::create(output, 16'000, AudioEncoding::kPcm);
  ASSERT_TRUE(encoder);
  const auto stopped = (*encoder)->write(sine(440, 16'000, 100));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST(AudioEncoding, knows_the_rates_of_each_encoding) {
  EXPECT_EQ(encodable_rate(AudioEncoding::kOggOpus, 22'050), 24'000U);
  EXPECT_EQ(encodable_rate(AudioEncoding::kOggOpus, 96'000), 48'000U);
  EXPECT_EQ(encodable_rate(AudioEncoding::kMp3, 8'000), 16'000U);
  EXPECT_EQ(encodable_rate(AudioEncoding::kWav, 22'050), 22'050U);
}

TEST(AudioEncoding, values_beyond_full_scale_are_cut_and_never_wrap) {
  const auto bytes = encode_audio(std::vector<float>{2.0F, -2.0F}, 16'000, AudioEncoding::kPcm);
  ASSERT_TRUE(bytes);
  ASSERT_EQ(bytes->size(), 4U);
  EXPECT_EQ(std::to_integer<int>((*bytes)[1]), 0x7F);
  EXPECT_EQ(std::to_integer<int>((*bytes)[3]), 0x80);
}

TEST(AudioEncoding, refuses_what_has_no_meaning) {
  const std::vector<float> tone = sine(440, 16'000, 100);
  EXPECT_FALSE(encode_audio({}, 16'000, AudioEncoding::kWav));
  EXPECT_FALSE(encode_audio(tone, 0, AudioEncoding::kWav));
  EXPECT_FALSE(encode_audio(tone, 22'050, AudioEncoding::kOggOpus));
  const std::vector<float> bad(10, std::numeric_limits<float>::quiet_NaN());
  const auto refused = encode_audio(bad, 16'000, AudioEncoding::kWav);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

TEST(AudioEncoding, is_told_by_the_ending_of_a_name) {
  EXPECT_EQ(audio_encoding_of_name("out.wav"), AudioEncoding::kWav);
  EXPECT_EQ(audio_encoding_of_name("a.b.FLAC"), AudioEncoding::kFlac);
  EXPECT_EQ(audio_encoding_of_name("x.opus"), AudioEncoding::kOggOpus);
  EXPECT_FALSE(audio_encoding_of_name("out.mp4"));
  EXPECT_FALSE(audio_encoding_of_name("out"));
}

}  // namespace
}  // namespace hearth
