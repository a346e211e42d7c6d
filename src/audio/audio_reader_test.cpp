#include "audio/audio_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "audio/audio_encoding.h"
#include "audio/wav_fixture.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

// Opens and reads to the end: how many frames came, or the first error.
Result<std::size_t> frames_of(std::unique_ptr<ByteInput> input) {
  HEARTH_ASSIGN(reader, AudioReader::open(std::move(input)));
  std::vector<float> block(1000 * reader->info().n_channels);
  for (std::size_t n = 0;;) {
    HEARTH_ASSIGN(n_frames, reader->read(block));
    if (n_frames == 0) return n;
    n += n_frames;
  }
}
Result<std::size_t> frames_of(const std::vector<std::byte>& bytes) { return frames_of(input_of(bytes)); }

Error error_of(const std::vector<std::byte>& bytes) {
  auto n_frames = frames_of(bytes);
  EXPECT_FALSE(n_frames);
  return n_frames ? Error() : n_frames.error();
}

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes;
  put_text(bytes, text);
  return bytes;
}

TEST(AudioReader, tells_containers_by_their_first_bytes) {
  const auto samples = sine(440, 48'000, 48'000);
  const std::vector<std::pair<AudioEncoding, AudioContainer>> cases = {
      {AudioEncoding::kWav, AudioContainer::kWav},
      {AudioEncoding::kFlac, AudioContainer::kFlac},
      {AudioEncoding::kOggVorbis, AudioContainer::kOgg},
      {AudioEncoding::kOggOpus, AudioContainer::kOgg}};
  for (const auto& [encoding, container] : cases) {
    const auto bytes = encode_audio(samples, 48'000, encoding);
    ASSERT_TRUE(bytes) << to_string(bytes.error());
    auto reader = AudioReader::open(input_of(*bytes));
    ASSERT_TRUE(reader) << to_string(reader.error());
    EXPECT_EQ((*reader)->info().container, container);
    EXPECT_EQ((*reader)->info().sample_rate_hz, 48'000U);
    EXPECT_EQ((*reader)->info().n_channels, 1U);
    EXPECT_EQ((*reader)->info().note, "");
    EXPECT_EQ(*frames_of(*bytes), 48'000U) << audio_encoding_name(encoding);
  }
}

TEST(AudioReader, refuses_what_is_no_sound_file) {
  EXPECT_EQ(error_of({}).code, ErrorCode::kInvalidData);
  EXPECT_THAT(error_of({}).message, HasSubstr("0 bytes"));
  EXPECT_EQ(error_of(bytes_of("<!DOCTYPE html><html>")).code, ErrorCode::kUnsupported);
  EXPECT_THAT(error_of(bytes_of(std::string_view("\0\0\0\x20"
                                                 "ftypM4A \0\0\0\0",
                                                 16)))
                  .message,
              HasSubstr("M4A"));
  EXPECT_EQ(error_of(bytes_of(std::string_view("RIFF\x10\0\0\0WAVE", 12))).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(bytes_of("OggS and then nothing that is Ogg")).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(bytes_of("fLaC and then nothing that is FLAC")).code, ErrorCode::kInvalidData);
}

TEST(AudioReader, reads_one_sample_and_refuses_none) {
  EXPECT_EQ(*frames_of(wav_of<std::int16_t>({1234})), 1U);
  const auto none = error_of(wav_of<std::int16_t>({}));
  EXPECT_EQ(none.code, ErrorCode::kInvalidData);
  EXPECT_THAT(none.message, HasSubstr("0 samples"));
}

TEST(AudioReader, a_wav_that_promises_more_than_it_has_is_cut_off) {
  const std::vector<std::int16_t> samples(1000, 7);
  const auto error = error_of(wav_of(samples, {.claimed_bytes = 4000}));
  EXPECT_EQ(error.code, ErrorCode::kInvalidData);
  EXPECT_THAT(error.message, HasSubstr("promises 4000 bytes of audio, 2000 are there"));
}

TEST(AudioReader, a_wav_from_a_pipe_is_read_to_its_end_and_noted) {
  const std::vector<std::int16_t> samples(1000, 7);
  for (const std::int64_t open_size : {std::int64_t{0xFFFFFFFF}, std::int64_t{0}}) {
    const auto bytes = wav_of(samples, {.claimed_bytes = open_size});
    auto reader = AudioReader::open(input_of(bytes));
    ASSERT_TRUE(reader) << to_string(reader.error());
    EXPECT_THAT((*reader)->info().note, HasSubstr("doesn't tell its length"));
  }
  EXPECT_EQ(*frames_of(wav_of(samples, {.claimed_bytes = 0xFFFFFFFF})), 1000U);
}

TEST(AudioReader, a_flac_that_is_cut_off_is_an_error) {
  auto bytes = *encode_audio(sine(440, 16'000, 160'000), 16'000, AudioEncoding::kFlac);
  bytes.resize(bytes.size() / 2);
  EXPECT_EQ(error_of(bytes).code, ErrorCode::kInvalidData);
}

TEST(AudioReader, an_ogg_that_is_cut_off_gives_what_is_there_with_a_note) {
  auto bytes = *encode_audio(sine(440, 16'000, 320'000), 16'000, AudioEncoding::kOggVorbis);
  bytes.resize(bytes.size() / 2);
  auto reader = AudioReader::open(input_of(bytes));
  ASSERT_TRUE(reader) << to_string(reader.error());
  EXPECT_THAT((*reader)->info().note, HasSubstr("no last page"));
  const auto n_frames = frames_of(bytes);
  ASSERT_TRUE(n_frames) << to_string(n_frames.error());
  EXPECT_GT(*n_frames, 16'000U);
  EXPECT_LT(*n_frames, 320'000U);
}

TEST(AudioReader, refuses_headers_beyond_the_limits) {
  const auto many = error_of(wav_of(std::vector<std::int16_t>(900), {.n_channels = 300}));
  EXPECT_EQ(many.code, ErrorCode::kDoesNotFit);
  EXPECT_THAT(many.message, HasSubstr("300 channels"));
  EXPECT_EQ(error_of(wav_of(std::vector<std::int16_t>(9), {.sample_rate_hz = 3})).code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(error_of(wav_of(std::vector<std::int16_t>(9), {.n_channels = 0})).code, ErrorCode::kInvalidData);
}

// Fails from some byte on, as a disk may.
class BrokenInput final : public ByteInput {
 public:
  explicit BrokenInput(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset + out.size() > 20'000) return fail(ErrorCode::kIo, "the disk is gone");
    return MemoryInput(bytes_).read_at(offset, out);
  }

 private:
  std::vector<std::byte> bytes_;
};

TEST(AudioReader, hands_on_the_errors_of_its_input) {
  const auto n_frames = frames_of(std::make_unique<BrokenInput>(wav_of(std::vector<std::int16_t>(50'000))));
  ASSERT_FALSE(n_frames);
  EXPECT_EQ(n_frames.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace hearth
