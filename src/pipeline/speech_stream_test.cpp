#include "pipeline/speech_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/scripted_speaker.h"

namespace hearth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<SpeechLine> lines_of(std::string_view text, const SpeakerFacts& facts) {
  auto writer = ScriptWriter::create();
  EXPECT_TRUE(writer) << to_string(writer.error());
  auto lines = (*writer)->write(text, {}, facts);
  EXPECT_TRUE(lines) << to_string(lines.error());
  return lines ? *lines : std::vector<SpeechLine>();
}

std::vector<std::string> texts_of(const std::vector<SpeechLine>& lines) {
  std::vector<std::string> texts;
  for (const auto& line : lines) texts.push_back(line.text);
  return texts;
}

TEST(SpeechScript, parts_a_text_into_sentences_as_they_are_written) {
  ScriptedSpeaker speaker;
  EXPECT_THAT(texts_of(lines_of("Dr. No has 2 cats. They purr!", speaker.facts_)),
              ElementsAre("Dr. No has 2 cats.", "They purr!"));
}

TEST(WordingSpeaker, says_words_to_voices_that_want_them) {
  ScriptedSpeaker speaker;
  speaker.facts_.text_bytes_max = 16;
  const auto english = std::move(*SpokenEnglish::create());
  WordingSpeaker words(speaker, *english);
  const auto anybody = [](std::span<const float>) { return true; };
  EXPECT_TRUE(words.speak("Dr. No has 2 cats.", {}, {}, anybody));
  EXPECT_TRUE(words.speak("AI", {.spell = true}, {}, anybody));
  EXPECT_THAT(speaker.sentences, ElementsAre("Doctor No has", "two cats.", "ay, eye"));
  speaker.sentences.clear();
  speaker.facts_.normalizes = true;
  EXPECT_TRUE(words.speak("Dr. No has 2 cats.", {}, {}, anybody));
  EXPECT_TRUE(words.speak("AI", {.spell = true}, {}, anybody));
  EXPECT_THAT(speaker.sentences, ElementsAre("Dr. No has 2 cats.", "ay, eye"));
}

TEST(SpeechScript, follows_ssml) {
  ScriptedSpeaker speaker;
  const auto lines = lines_of(
      "<speak><voice name=\"second\">One.<break time=\"1s\"/></voice><prosody rate=\"fast\">Two</prosody>"
      "<say-as interpret-as=\"characters\">AI</say-as></speak>",
      speaker.facts_);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], (SpeechLine{"One.", {"second", 1}, 1'000}));
  EXPECT_EQ(lines[1], (SpeechLine{"Two", {"", 1.5}, 0}));
  EXPECT_EQ(lines[2], (SpeechLine{"AI", {"", 1, true}, 0}));
}

TEST(SpeechScript, names_what_is_wrong) {
  ScriptedSpeaker speaker;
  auto writer = std::move(*ScriptWriter::create());
  const auto error_of = [&](std::string_view text, const SpeakingStyle& style = {}) {
    const auto lines = writer->write(text, style, speaker.facts_);
    EXPECT_FALSE(lines) << text.substr(0, 80);
    return lines ? Error(ErrorCode::kInternal, "") : lines.error();
  };
  EXPECT_EQ(error_of("").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of(" \n ").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("<speak> </speak>").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("a\xFFz").code, ErrorCode::kInvalidData);
  EXPECT_THAT(error_of("a\xFFz").message, HasSubstr("byte 1 is 0xFF"));
  EXPECT_EQ(error_of(std::string_view("a\0b", 3)).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(std::string(kSpeechTextBytesMax + 1, 'a')).code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(error_of("hi", {"third", 1}).code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of("hi", {"third", 1}).hint, HasSubstr("first, second"));
  EXPECT_EQ(error_of("hi", {"", 3}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("<speak><prosody rate=\"10\">x</prosody></speak>").code, ErrorCode::kInvalidArgument);
}

TEST(SpeechScript, a_megabyte_without_a_stop_is_parted) {
  ScriptedSpeaker speaker;
  speaker.facts_.normalizes = true;
  const auto lines = lines_of(std::string(std::size_t{1} << 20U, 'a'), speaker.facts_);
  EXPECT_GT(lines.size(), 2'000U);
  for (const auto& line : lines) ASSERT_LE(line.text.size(), 400U);
}

struct Heard {
  std::vector<float> samples;
  std::vector<std::size_t> frames;
  std::function<bool(std::span<const float>)> receiver() {
    return [this](std::span<const float> frame) {
      samples.insert(samples.end(), frame.begin(), frame.end());
      frames.push_back(frame.size());
      return true;
    };
  }
};

TEST(SpeechStream, audio_comes_in_frames_with_its_pauses) {
  ScriptedSpeaker speaker;
  const std::vector<SpeechLine> lines = {{"ab", {}, 30}, {"", {}, 10}, {"c", {}, 0}};
  Heard heard;
  const auto audio = speak_lines(speaker, lines, {.frame_ms = 25, .ring_ms = 50}, {}, heard.receiver());
  ASSERT_TRUE(audio) << to_string(audio.error());
  EXPECT_EQ(audio->n_samples, 70U * 8);
  EXPECT_EQ(audio->n_lines, 3U);
  EXPECT_THAT(heard.frames, ElementsAre(200, 200, 160));
  ASSERT_EQ(heard.samples.size(), 560U);
  EXPECT_FLOAT_EQ(heard.samples[0], 1.0F / 32);
  EXPECT_FLOAT_EQ(heard.samples[80], 2.0F / 32);
  EXPECT_FLOAT_EQ(heard.samples[160], 0);
  EXPECT_FLOAT_EQ(heard.samples[479], 0);
  EXPECT_FLOAT_EQ(heard.samples[480], 3.0F / 32);
}

TEST(SpeechStream, a_listener_that_leaves_stops_the_speaker) {
  ScriptedSpeaker speaker;
  const std::vector<SpeechLine> lines(1'000, {"abcdefgh", {}, 0});
  const auto stopped =
      speak_lines(speaker, lines, {.frame_ms = 20, .ring_ms = 100}, {}, [](std::span<const float>) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_LT(speaker.n_spoken.load(), 10);
}

TEST(SpeechStream, a_cancelled_call_and_a_passed_deadline_end_it) {
  ScriptedSpeaker speaker;
  const std::vector<SpeechLine> lines(1'000, {"abcdefgh", {}, 0});
  CancelToken cancel;
  cancel.request();
  Heard heard;
  EXPECT_EQ(speak_lines(speaker, lines, {}, {.cancel = &cancel}, heard.receiver()).error().code, ErrorCode::kCancelled);
  const CallBounds late{.deadline = std::chrono::steady_clock::now()};
  EXPECT_EQ(speak_lines(speaker, lines, {}, late, heard.receiver()).error().code, ErrorCode::kDeadlineExceeded);
}

TEST(SpeechStream, an_error_of_the_speaker_comes_after_what_it_said) {
  ScriptedSpeaker speaker;
  speaker.fails_at = "b";
  const std::vector<SpeechLine> lines = {{"a", {}, 0}, {"b", {}, 0}};
  Heard heard;
  const auto audio = speak_lines(speaker, lines, {}, {}, heard.receiver());
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_EQ(heard.samples.size(), 80U);
}

TEST(SpeechStream, what_has_no_sound_is_an_error) {
  ScriptedSpeaker speaker;
  Heard heard;
  const std::vector<SpeechLine> lines = {{"...", {}, 0}};
  const auto audio = speak_lines(speaker, lines, {}, {}, heard.receiver());
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
