#include "serve/transcription_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"
#include "serve/transcription_request.h"

namespace hearth::serve {
namespace {

using ::testing::HasSubstr;

// Understands two segments, or what its error says.
class ScriptedTranscription final : public TranscriptionService {
 public:
  void transcribe(TranscriptionRequest request, TranscriptionListener listener) override {
    asked = std::move(request);
    if (error && error_after == 0) return listener.error(*error);
    listener.segment({0.5, 1.25, "ask not", 0.5, {{"ask", 0.5, 0.75, 0.5}, {"not", 0.75, 1.25, 0.5}}});
    if (error) return listener.error(*error);
    listener.segment({2, 3, "what & why", {}, {}});
    listener.end({.model = "ears", .language = "en", .audio_s = 3.2, .processing_s = 0.5, .note = ""});
  }
  TranscriptionRequest asked;
  std::optional<Error> error;
  int error_after = 0;  // segments
};

struct Part {
  std::string name;
  std::string content;
};

class TranscriptionRoutes : public ::testing::Test {
 protected:
  RecordedAnswer post(const std::vector<Part>& parts, const std::string& which = "transcriptions") {
    std::string body;
    for (const auto& part : parts)
      body += "--cut\r\nContent-Disposition: form-data; name=\"" + part.name + "\"" +
              (part.name == "file" ? "; filename=\"a.wav\"" : "") + "\r\n\r\n" + part.content + "\r\n";
    return send("multipart/form-data; boundary=cut", body + "--cut--\r\n", which);
  }
  RecordedAnswer send(const std::string& type, std::string body, const std::string& which = "transcriptions") {
    HttpRequest request;
    request.method = "POST";
    request.headers.emplace_back("content-type", type);
    request.body = std::move(body);
    for (const Route& route : routes_) {
      if (route.pattern != "/v1/audio/" + which) continue;
      const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request), route.errors);
      route.handler(exchange);
      EXPECT_TRUE(exchange->wait_ended());
      EXPECT_EQ(exchange->answer().n_faults, 0);
      return exchange->answer();
    }
    ADD_FAILURE() << "there is no route for " << which;
    return {};
  }
  std::string refusal(const std::vector<Part>& parts) {
    const auto answer = post(parts);
    EXPECT_EQ(answer.status, 400U) << answer.body;
    const Json body = Json::parse(answer.body, nullptr, false);
    return body.is_object() && body.contains("error") ? body["error"]["message"].get<std::string>() : answer.body;
  }

  ScriptedTranscription service_;
  std::vector<Route> routes_ = transcription_routes(service_);
};

TEST_F(TranscriptionRoutes, answers_with_the_text) {
  const auto answer = post({{"file", "sound"}, {"model", "ears"}, {"language", "en"}, {"prompt", "before"}});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body["text"], "ask not what & why");
  EXPECT_EQ(body["usage"]["seconds"], 4);
  EXPECT_EQ(service_.asked.sound, "sound");
  EXPECT_EQ(service_.asked.model, "ears");
  EXPECT_EQ(service_.asked.language, "en");
  EXPECT_EQ(service_.asked.prompt, "before");
  EXPECT_FALSE(service_.asked.translate);
}

TEST_F(TranscriptionRoutes, writes_every_form) {
  EXPECT_EQ(post({{"file", "x"}, {"response_format", "text"}}).body, "ask not what & why\n");
  EXPECT_THAT(post({{"file", "x"}, {"response_format", "srt"}}).body,
              HasSubstr("1\n00:00:00,500 --> 00:00:01,250\nask not\n"));
  const auto vtt = post({{"file", "x"}, {"response_format", "vtt"}});
  EXPECT_TRUE(vtt.content_type.starts_with("text/vtt"));
  EXPECT_THAT(vtt.body, HasSubstr("what &amp; why"));
  const Json plain = Json::parse(post({{"file", "x"}, {"response_format", "verbose_json"}}).body);
  EXPECT_EQ(plain["language"], "en");
  EXPECT_EQ(plain["duration"], 3.2);
  ASSERT_EQ(plain["segments"].size(), 2U);
  EXPECT_NEAR(plain["segments"][0]["avg_logprob"].get<double>(), -0.693, 1e-3);
  EXPECT_FALSE(plain["segments"][1].contains("avg_logprob"));
  EXPECT_FALSE(plain.contains("words"));
  const Json words = Json::parse(
      post({{"file", "x"}, {"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}}).body);
  ASSERT_EQ(words["words"].size(), 2U);
  EXPECT_EQ(words["words"][1]["word"], "not");
  EXPECT_FALSE(words.contains("segments"));
}

TEST_F(TranscriptionRoutes, translates_into_english) {
  const auto answer = post({{"file", "x"}, {"response_format", "verbose_json"}}, "translations");
  const Json body = Json::parse(answer.body);
  EXPECT_TRUE(service_.asked.translate);
  EXPECT_EQ(body["task"], "translate");
  EXPECT_EQ(body["language"], "en");
}

TEST_F(TranscriptionRoutes, streams_segments_as_they_come) {
  const auto answer = post({{"file", "x"}, {"stream", "True"}});
  EXPECT_TRUE(answer.streamed);
  EXPECT_THAT(answer.body, HasSubstr(R"({"type":"transcript.text.delta","delta":"ask not"})"));
  EXPECT_THAT(answer.body, HasSubstr(R"("delta":" what & why")"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"type":"transcript.text.done","text":"ask not what & why")"));
}

TEST_F(TranscriptionRoutes, an_error_has_its_status_or_ends_the_stream) {
  service_.error = Error(ErrorCode::kUnsupported, "the file is no sound file");
  const auto early = post({{"file", "x"}, {"stream", "true"}});
  EXPECT_EQ(early.status, 400U);
  EXPECT_THAT(early.body, HasSubstr("no sound file"));
  service_.error_after = 1;
  const auto late = post({{"file", "x"}, {"stream", "true"}});
  EXPECT_EQ(late.status, 200U);
  EXPECT_TRUE(late.ended);
  EXPECT_THAT(late.body, HasSubstr("no sound file"));
}

TEST_F(TranscriptionRoutes, names_the_field_that_is_wrong) {
  EXPECT_THAT(refusal({{"model", "ears"}}), HasSubstr("file"));
  EXPECT_THAT(refusal({{"file", ""}}), HasSubstr("0 bytes"));
  EXPECT_THAT(refusal({{"file", "x"}, {"response_format", "xml"}}), HasSubstr("response_format"));
  EXPECT_THAT(refusal({{"file", "x"}, {"language", "<script>"}}), HasSubstr("language"));
  EXPECT_THAT(refusal({{"file", "x"}, {"temperature", "7"}}), HasSubstr("temperature"));
  EXPECT_THAT(refusal({{"file", "x"}, {"stream", "maybe"}}), HasSubstr("stream"));
  EXPECT_THAT(refusal({{"file", "x"}, {"stream", "true"}, {"response_format", "srt"}}), HasSubstr("stream"));
  EXPECT_THAT(refusal({{"file", "x"}, {"timestamp_granularities[]", "word"}}), HasSubstr("verbose_json"));
  EXPECT_THAT(refusal({{"file", "x"}, {"prompt", std::string(70'000, 'x')}}), HasSubstr("prompt"));
  EXPECT_EQ(send("application/json", "{}").status, 400U);
  EXPECT_EQ(send("multipart/form-data; boundary=cut", "no form").status, 400U);
}

TEST_F(TranscriptionRoutes, says_what_has_no_effect) {
  const auto answer = post({{"file", "x"}, {"chunking_strategy", "auto"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(answer.headers, ::testing::Contains(::testing::Pair("x-hearth-ignored", "chunking_strategy")));
}

}  // namespace
}  // namespace hearth::serve
