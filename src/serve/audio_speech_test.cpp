#include "serve/audio_speech.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/scripted_speaker.h"
#include "serve/base64.h"
#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"

namespace hearth::serve {
namespace {

using ::testing::HasSubstr;

class AudioSpeech : public ::testing::Test {
 protected:
  AudioSpeech() : service_({{"letters", speaker_, {}}}, {}) {}

  RecordedAnswer post(const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.body = body;
    const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
    audio_speech_routes(service_, metrics_)[0].handler(exchange);
    EXPECT_TRUE(exchange->wait_ended());
    EXPECT_EQ(exchange->answer().n_faults, 0);
    return exchange->answer();
  }

  std::shared_ptr<ScriptedSpeaker> speaker_ = std::make_shared<ScriptedSpeaker>();
  MetricsRegistry metrics_;
  QueuedSpeechService service_;
};

TEST_F(AudioSpeech, sends_sound_as_it_is_spoken) {
  const auto wav = post(R"({"model": "letters", "input": "hello", "voice": "alloy", "response_format": "wav"})");
  EXPECT_EQ(wav.status, 200U);
  EXPECT_EQ(wav.content_type, "audio/wav");
  EXPECT_TRUE(wav.streamed);
  EXPECT_EQ(wav.body.substr(0, 4), "RIFF");
  EXPECT_EQ(wav.body.size(), 44 + 5 * ScriptedSpeaker::kLetterSamples * 2);
  const auto mp3 = post(R"({"input": "hello", "voice": {"id": "second"}, "speed": 2})");
  EXPECT_EQ(mp3.content_type, "audio/mpeg");
  EXPECT_EQ(speaker_->styles.back(), (SpeakingStyle{"second", 2}));
  EXPECT_THAT(metrics_.prometheus_text(),
              HasSubstr("hearth_speech_requests_total{model=\"letters\",outcome=\"spoken\"} 2"));
}

TEST_F(AudioSpeech, sends_events_where_they_are_asked_for) {
  const auto answer = post(R"({"model": "letters", "input": "abc", "response_format": "pcm", "stream_format": "sse"})");
  EXPECT_EQ(answer.content_type, "text/event-stream");
  std::string sound;
  std::string last;
  for (std::size_t at = 0; at < answer.body.size();) {
    const auto end = answer.body.find("\n\n", at);
    ASSERT_NE(end, std::string::npos);
    const auto event = Json::parse(answer.body.substr(at + 6, end - at - 6));
    last = event["type"];
    if (last == "speech.audio.delta") sound += *decode_base64(event["audio"].get<std::string>());
    if (last == "speech.audio.done") EXPECT_EQ(event["usage"]["input_tokens"], 3);
    at = end + 2;
  }
  EXPECT_EQ(last, "speech.audio.done");
  EXPECT_EQ(sound.size(), 3 * ScriptedSpeaker::kLetterSamples * 2);
}

TEST_F(AudioSpeech, refuses_by_status_and_field) {
  EXPECT_EQ(post("{").status, 400U);
  EXPECT_EQ(post("{}").status, 400U);
  EXPECT_THAT(post("{}").body, HasSubstr("input"));
  EXPECT_EQ(post(R"({"input": ""})").status, 400U);
  EXPECT_EQ(post(R"({"input": "a", "speed": 9})").status, 400U);
  EXPECT_EQ(post(R"({"input": "a", "stream_format": "tape"})").status, 400U);
  EXPECT_EQ(post(R"({"input": "a", "model": "other"})").status, 404U);
  EXPECT_THAT(post(R"({"input": "a", "model": "other"})").body, HasSubstr("model_not_found"));
  EXPECT_EQ(post(R"({"input": "a", "voice": "third"})").status, 404U);
  EXPECT_EQ(post(R"({"input": "a", "response_format": "aac"})").status, 400U);
  EXPECT_EQ(post(R"({"input": "a\u0000b"})").status, 422U);
  EXPECT_EQ(post("{\"input\": \"" + std::string(100'000, 'a') + "\"}").status, 413U);
}

TEST_F(AudioSpeech, says_what_it_left_out) {
  const auto answer = post(R"({"input": "a", "instructions": "whisper"})");
  EXPECT_THAT(answer.headers,
              ::testing::Contains(std::pair<std::string, std::string>("x-hearth-ignored", "instructions")));
}

}  // namespace
}  // namespace hearth::serve
