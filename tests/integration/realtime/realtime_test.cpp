// The server's realtime sessions on real engines, with a client of Boost.Beast's, in the clear and under TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>

#include "app/model_server.h"
#include "app/sound_inputs.h"
#include "app/transcribe_session.h"
#include "audio/mono_reader.h"
#include "serve/base64.h"
#include "serve/json_reader.h"
#include "serve/realtime_settings.h"
#include "serve/tls_fixture.h"
#include "serve/web_socket_client.h"
#include "support/paths.h"
#include "support/program.h"

namespace hearth {
namespace {

using serve::Json;
using serve::WebSocketClient;
using ::testing::HasSubstr;

ServedModelSettings served(std::string name, std::string reference) {
  ServedModelSettings settings;
  settings.name = std::move(name);
  settings.reference = std::move(reference);
  return settings;
}

class RealtimeServer : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const auto floor = find_speech_floor();
    if (!floor) GTEST_SKIP() << floor.error().message;
    if (!std::filesystem::exists(test::build_dir() / "lib/hearth/runtimes/libhearth_runtime_flite.so"))
      GTEST_SKIP() << "the runtime flite is not built";
    Environment environment;
    environment.paths.hearth_home = (folder_.path() / "home").string();
    app_ = HearthApp::create(environment, Installation::below(test::build_dir()), LogLevel::kError).value();
    ModelServerOptions options;
    options.models = {served("chat", "starter"), served("ears", *floor), served("voice", "flite")};
    options.governed = false;
    if (GetParam()) {
      options.http.tls = serve::TlsFiles{folder_.path() / "certificate.pem", folder_.path() / "key.pem"};
      serve::make_certificate(*options.http.tls);
    }
    auto started = ModelServer::start(*app_, options, cancel_);
    ASSERT_TRUE(started) << to_string(started.error());
    server_ = std::move(*started);
    const std::string url = server_->urls().front();
    const auto port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
    client_ = std::make_unique<WebSocketClient>(
        serve::WebSocketTarget{port, "/v1/realtime?model=chat", GetParam(), {{"Sec-WebSocket-Protocol", "realtime"}}});
    ASSERT_EQ(client_->status(), 101U);
    EXPECT_EQ(client_->subprotocol(), "realtime");
    EXPECT_EQ(wait("session.created")["session"]["model"], "chat");
  }
  void TearDown() override {
    if (client_) client_->close();
    server_.reset();
  }

  // The next event of this type; what comes before it is kept in `passed_`. Null when the connection ends.
  Json wait(const std::string& type) {
    while (auto message = client_->receive()) {
      Json event = Json::parse(*message);
      if (event["type"] == type) return event;
      passed_.push_back(std::move(event));
    }
    ADD_FAILURE() << "no " << type;
    return {};
  }
  void send(const Json& event) { ASSERT_TRUE(client_->send(event.dump())); }
  void append(std::span<const float> samples) {
    std::string bytes;
    for (const float sample : samples) {
      const auto value = static_cast<std::uint16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
      bytes += static_cast<char>(value & 0xFFU);
      bytes += static_cast<char>(value >> 8U);
    }
    send({{"type", "input_audio_buffer.append"}, {"audio", serve::encode_base64(bytes)}});
  }
  [[nodiscard]] std::string sound_of_answer() const {
    std::string sound;
    for (const auto& event : passed_)
      if (event["type"] == "response.output_audio.delta")
        sound += *serve::decode_base64(event["delta"].get<std::string>());
    return sound;
  }

  test::TemporaryFolder folder_;
  CancelToken cancel_;
  std::unique_ptr<HearthApp> app_;
  std::unique_ptr<ModelServer> server_;
  std::unique_ptr<WebSocketClient> client_;
  std::vector<Json> passed_;
};

TEST_P(RealtimeServer, answers_text_by_speech) {
  send({{"type", "conversation.item.create"},
        {"item",
         {{"type", "message"},
          {"role", "user"},
          {"content", Json::array({{{"type", "input_text"}, {"text", "Tell me about the sea."}}})}}}});
  send({{"type", "response.create"}, {"response", {{"max_output_tokens", 16}}}});
  const Json done = wait("response.done")["response"];
  EXPECT_THAT(done["status"].get<std::string>(), ::testing::AnyOf("completed", "incomplete"));
  EXPECT_GT(sound_of_answer().size(), serve::kRealtimeRateHz / 2);  // a quarter of a second
  EXPECT_FALSE(done["output"][0]["content"][0]["transcript"].get<std::string>().empty());
}

TEST_P(RealtimeServer, answers_a_spoken_turn) {
  const auto path = test::shared_dir() / "media/speech/jfk.wav";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no recording at " << path;
  auto file = open_sound(path.string(), nullptr);
  ASSERT_TRUE(file) << to_string(file.error());
  const auto samples = read_mono(std::move(*file), 60, serve::kRealtimeRateHz);
  ASSERT_TRUE(samples) << to_string(samples.error());
  send({{"type", "session.update"},
        {"session",
         {{"type", "realtime"},
          {"max_output_tokens", 12},
          {"audio", {{"input", {{"turn_detection", {{"type", "server_vad"}, {"silence_duration_ms", 2000}}}}}}}}}});
  append(std::vector<float>(serve::kRealtimeRateHz));
  for (std::span<const float> rest = *samples; !rest.empty();) {
    const auto n = std::min<std::size_t>(rest.size(), serve::kRealtimeRateHz / 10);
    append(rest.first(n));
    rest = rest.subspan(n);
  }
  append(std::vector<float>(std::size_t{3} * serve::kRealtimeRateHz));
  const std::string item = wait("input_audio_buffer.speech_started")["item_id"];
  EXPECT_EQ(wait("input_audio_buffer.committed")["item_id"], item);
  EXPECT_THAT(wait("conversation.item.input_audio_transcription.completed")["transcript"].get<std::string>(),
              HasSubstr("country"));
  const Json done = wait("response.done")["response"];
  EXPECT_THAT(done["status"].get<std::string>(), ::testing::AnyOf("completed", "incomplete"));
  EXPECT_FALSE(sound_of_answer().empty());
}

TEST_P(RealtimeServer, goes_on_after_what_was_wrong) {
  ASSERT_TRUE(client_->send("{"));
  EXPECT_EQ(wait("error")["error"]["type"], "invalid_request_error");
  send({{"type", "input_audio_buffer.append"}, {"audio", "?"}});
  EXPECT_EQ(wait("error")["error"]["param"], "audio");
  send({{"type", "session.update"}, {"session", {{"output_modalities", {"text"}}, {"max_output_tokens", 4}}}});
  EXPECT_EQ(wait("session.updated")["session"]["output_modalities"][0], "text");
  send({{"type", "response.create"}});
  wait("response.done");
}

INSTANTIATE_TEST_SUITE_P(, RealtimeServer, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "under_tls" : "in_the_clear"; });

}  // namespace
}  // namespace hearth
