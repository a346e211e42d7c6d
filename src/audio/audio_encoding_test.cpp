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
  for (const auto encoding : {AudioEncoding::kOggVorbis, AudioEncoding::kOggOpus}) {
    const auto bytes = encode_audio(samples, 16'000, encoding);
    ASSERT_TRUE(bytes) << to_string(bytes.error());
    const auto back = read_mono(input_of(*bytes), 60);
    ASSERT_TRUE(back) << to_string(back.error());
    ASSERT_NEAR(static_cast<double>(back->size()), 16'000.0, 400.0);
    double power = 0;
    for (const float value : *back) power += static_cast<double>(value) * value;
    EXPECT_NEAR(power / static_cast<double>(back->size()), 0.125, 0.02) << audio_encoding_name(encoding);
    EXPECT_LT(bytes->size(), samples.size());
  }
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
