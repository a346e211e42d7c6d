#include "serve/realtime_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "pipeline/scripted_listening.h"
#include "pipeline/scripted_speaker.h"
#include "serve/base64.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The client's end: what it sends, and every event that it was told.
class ScriptedSocket final : public WebSocket {
 public:
  [[nodiscard]] const HttpRequest& request() const override { return request_; }
  [[nodiscard]] bool receive(std::string& message) override {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return over_ || !sent_.empty(); });
    if (sent_.empty()) return false;
    message = std::move(sent_.front());
    sent_.pop_front();
    return true;
  }
  bool send(std::string message) override {
    const std::lock_guard lock(gate_);
    events_.push_back(Json::parse(message));
    changed_.notify_all();
    return !over_;
  }
  [[nodiscard]] bool wait_for_room() override {
    const std::lock_guard lock(gate_);
    return !over_;
  }
  void close(CloseCode, std::string) override { leave(); }

  void say(const Json& event) { say(event.dump()); }
  void say(std::string text) {
    const std::lock_guard lock(gate_);
    sent_.push_back(std::move(text));
    changed_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(gate_);
    over_ = true;
    changed_.notify_all();
  }
  // The next event of this type after those that were waited for; null when none comes.
  Json wait(const std::string& type) {
    std::unique_lock lock(gate_);
    Json found;
    changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      for (; at_ < events_.size(); ++at_) {
        if (events_[at_]["type"] != type) continue;
        found = events_[at_++];
        return true;
      }
      return false;
    });
    EXPECT_FALSE(found.is_null()) << "no " << type;
    return found;
  }
  std::vector<Json> events(const std::string& type) {
    const std::lock_guard lock(gate_);
    std::vector<Json> all;
    for (const auto& event : events_)
      if (event["type"] == type) all.push_back(event);
    return all;
  }
  std::vector<std::string> types() {
    const std::lock_guard lock(gate_);
    std::vector<std::string> all;
    for (const auto& event : events_)
      if (all.empty() || all.back() != event["type"]) all.push_back(event["type"]);
    return all;
  }

 private:
  HttpRequest request_;
  std::mutex gate_;
  std::condition_variable changed_;
  std::deque<std::string> sent_;
  std::vector<Json> events_;
  std::size_t at_ = 0;
  bool over_ = false;
};

class Realtime : public ::testing::Test {
 protected:
  void start() {
    RealtimeOffer offer{"tiny", ears.models(), has_voice ? &speaker->facts() : nullptr};
    session = std::make_unique<RealtimeSession>(parts, ids, socket, std::move(offer), has_voice ? speaker : nullptr);
    thread = std::thread([this] { session->run(); });
    socket->wait("session.created");
  }
  void TearDown() override {
    ears.let_go();
    speaker->let_go();
    if (!thread.joinable()) return;
    socket->leave();
    thread.join();
    session.reset();
  }

  static std::string pcm(const std::vector<float>& samples) {
    std::string bytes;
    for (const float sample : samples) {
      const auto value = static_cast<std::uint16_t>(std::lround(sample * 32767.0F));
      bytes += static_cast<char>(value & 0xFFU);
      bytes += static_cast<char>(value >> 8U);
    }
    return encode_base64(bytes);
  }
  void append(const std::vector<float>& samples) {
    socket->say({{"type", "input_audio_buffer.append"}, {"audio", pcm(samples)}});
  }
  void speak(const std::string& letters) {
    append(std::vector<float>(kRealtimeRateHz / 2));
    for (const char letter : letters) append(letter_sound(letter, 0.3, kRealtimeRateHz));
    append(std::vector<float>(kRealtimeRateHz));
  }
  Json refused(const Json& event) {
    socket->say(event);
    return socket->wait("error")["error"];
  }
  void commit_by_hand() {
    socket->say({{"type", "session.update"}, {"session", {{"audio", {{"input", {{"turn_detection", nullptr}}}}}}}});
    socket->wait("session.updated");
  }

  ScriptedService service{ScriptedService::Playing::kOnThread};
  LetterEars ears;
  std::shared_ptr<ScriptedSpeaker> speaker = std::make_shared<ScriptedSpeaker>();
  bool has_voice = true;
  SystemClock clock;
  MetricsRegistry metrics;
  RealtimeParts parts{service, ears, nullptr, clock, metrics, 1};
  AnswerIds ids{1};
  std::shared_ptr<ScriptedSocket> socket = std::make_shared<ScriptedSocket>();
  std::unique_ptr<RealtimeSession> session;
  std::thread thread;
};

TEST_F(Realtime, answers_a_spoken_turn_by_speech) {
  service.will_play(answer_script({"hello the", "re. ", "again"}));
  start();
  speak("hi");
  const Json started = socket->wait("input_audio_buffer.speech_started");
  EXPECT_NEAR(started["audio_start_ms"].get<int>(), 200, 64);
  const Json stopped = socket->wait("input_audio_buffer.speech_stopped");
  EXPECT_NEAR(stopped["audio_end_ms"].get<int>(), 1600, 96);
  const Json committed = socket->wait("input_audio_buffer.committed");
  EXPECT_EQ(committed["item_id"], started["item_id"]);
  EXPECT_TRUE(committed["previous_item_id"].is_null());
  const Json heard_item = socket->wait("conversation.item.added")["item"];
  EXPECT_EQ(heard_item["id"], started["item_id"]);
  EXPECT_EQ(heard_item["content"][0]["type"], "input_audio");
  EXPECT_TRUE(heard_item["content"][0]["transcript"].is_null());
  EXPECT_EQ(socket->wait("conversation.item.input_audio_transcription.completed")["transcript"], "hi");
  EXPECT_EQ(socket->wait("response.created")["response"]["status"], "in_progress");
  EXPECT_EQ(socket->wait("response.output_item.added")["item"]["role"], "assistant");
  const Json done = socket->wait("response.done")["response"];
  EXPECT_EQ(done["status"], "completed");
  EXPECT_EQ(done["output"][0]["content"][0]["transcript"], "hello there. again");
  EXPECT_EQ(done["output"][0]["status"], "completed");
  EXPECT_EQ(done["usage"]["output_tokens"], 3);

  std::string transcript;
  for (const auto& event : socket->events("response.output_audio_transcript.delta")) transcript += event["delta"];
  EXPECT_EQ(transcript, "hello there. again");
  std::string sound;
  for (const auto& event : socket->events("response.output_audio.delta"))
    sound += *decode_base64(event["delta"].get<std::string>());
  // Fifteen letters of ten milliseconds each.
  EXPECT_NEAR(static_cast<double>(sound.size()) / 2 / kRealtimeRateHz, 0.15, 0.001);
  const auto request = service.last_request();
  const auto& messages = std::get<PromptRequest>(request.prompt).messages;
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].content, "hi");
}

TEST_F(Realtime, keeps_the_events_of_an_answer_in_the_order_that_clients_expect) {
  service.will_play(answer_script({"hello"}));
  start();
  socket->say({{"type", "response.create"}});
  socket->wait("response.done");
  EXPECT_THAT(socket->types(), ElementsAre("session.created", "response.created", "response.output_item.added",
                                           "conversation.item.added", "response.content_part.added",
                                           "response.output_audio_transcript.delta", "response.output_audio.delta",
                                           "response.output_audio.done", "response.output_audio_transcript.done",
                                           "response.content_part.done", "response.output_item.done",
                                           "conversation.item.done", "response.done"));
}

TEST_F(Realtime, writes_where_text_is_wanted_or_there_is_no_voice) {
  has_voice = false;
  start();
  socket->say({{"type", "conversation.item.create"},
               {"item",
                {{"type", "message"},
                 {"role", "user"},
                 {"content", Json::array({{{"type", "input_text"}, {"text", "How are you?"}}})}}}});
  EXPECT_EQ(socket->wait("conversation.item.done")["item"]["content"][0]["text"], "How are you?");
  socket->say({{"type", "response.create"}, {"response", {{"instructions", "Be brief."}, {"metadata", {{"k", "v"}}}}}});
  EXPECT_EQ(socket->wait("response.created")["response"]["metadata"]["k"], "v");
  EXPECT_EQ(socket->wait("response.output_text.done")["text"], "Hello world");
  EXPECT_EQ(socket->wait("response.done")["response"]["output"][0]["content"][0]["type"], "output_text");
  const auto request = service.last_request();
  const auto& messages = std::get<PromptRequest>(request.prompt).messages;
  EXPECT_EQ(messages[0].content, "Be brief.");
  EXPECT_EQ(messages[1].content, "How are you?");
  EXPECT_THAT(refused({{"type", "session.update"}, {"session", {{"output_modalities", {"audio"}}}}})["message"],
              HasSubstr("no voice"));
}

TEST_F(Realtime, is_interrupted_by_whoever_speaks) {
  service.will_play(answer_script({"abcdefghijklmnopqrstuvwxyz. ", "and more. ", "still"}));
  speaker->hold();
  start();
  socket->say({{"type", "response.create"}});
  socket->wait("response.output_audio_transcript.delta");
  speak("hi");
  socket->wait("input_audio_buffer.speech_started");
  speaker->let_go();
  const Json done = socket->wait("response.done")["response"];
  EXPECT_EQ(done["status"], "cancelled");
  EXPECT_EQ(done["status_details"]["reason"], "turn_detected");
  EXPECT_EQ(done["output"][0]["status"], "incomplete");
  // The turn that interrupted is answered next.
  EXPECT_EQ(socket->wait("response.done")["response"]["status"], "completed");
}

TEST_F(Realtime, cancels_an_answer_when_told_to) {
  ScriptedService by_hand(ScriptedService::Playing::kByHand);
  RealtimeParts parts_by_hand{by_hand, ears, nullptr, clock, metrics, 1};
  session = std::make_unique<RealtimeSession>(parts_by_hand, ids, socket, RealtimeOffer{"tiny", {}, nullptr}, nullptr);
  thread = std::thread([this] { session->run(); });
  EXPECT_EQ(refused({{"type", "response.cancel"}, {"event_id", "mine"}})["code"], "response_cancel_not_active");
  EXPECT_EQ(socket->events("error")[0]["error"]["event_id"], "mine");
  socket->say({{"type", "response.create"}});
  const std::string id = socket->wait("response.created")["response"]["id"];
  EXPECT_EQ(refused({{"type", "response.create"}})["code"], "conversation_already_has_active_response");
  EXPECT_EQ(refused({{"type", "response.cancel"}, {"response_id", "other"}})["code"], "response_cancel_not_active");
  socket->say({{"type", "response.cancel"}, {"response_id", id}});
  const Json done = socket->wait("response.done")["response"];
  EXPECT_EQ(done["status"], "cancelled");
  EXPECT_EQ(done["status_details"]["reason"], "client_cancelled");
  EXPECT_EQ(by_hand.cancelled().size(), by_hand.requests().size());
  socket->leave();
  thread.join();
  session.reset();
}

TEST_F(Realtime, waits_with_an_answer_for_the_words_of_what_was_committed) {
  start();
  commit_by_hand();
  ears.hold();
  append(letter_sound('c', 0.5, kRealtimeRateHz));
  socket->say({{"type", "input_audio_buffer.commit"}});
  socket->say({{"type", "response.create"}});
  socket->wait("response.created");
  EXPECT_TRUE(service.requests().empty());
  ears.let_go();
  EXPECT_EQ(socket->wait("conversation.item.input_audio_transcription.completed")["transcript"], "c");
  socket->wait("response.done");
  const auto request = service.last_request();
  EXPECT_EQ(std::get<PromptRequest>(request.prompt).messages.back().content, "c");
}

TEST_F(Realtime, clears_what_was_not_committed) {
  start();
  commit_by_hand();
  append(letter_sound('c', 0.5, kRealtimeRateHz));
  socket->say({{"type", "input_audio_buffer.clear"}});
  socket->wait("input_audio_buffer.cleared");
  EXPECT_EQ(refused({{"type", "input_audio_buffer.commit"}})["code"], "input_audio_buffer_commit_empty");
  append(letter_sound('d', 0.05, kRealtimeRateHz));
  EXPECT_THAT(refused({{"type", "input_audio_buffer.commit"}})["message"], HasSubstr("50 ms"));
  append(letter_sound('d', 0.4, kRealtimeRateHz));
  socket->say({{"type", "input_audio_buffer.commit"}});
  EXPECT_EQ(socket->wait("conversation.item.input_audio_transcription.completed")["transcript"], "d");
  EXPECT_TRUE(socket->events("response.created").empty());  // the client asks for it
}

TEST_F(Realtime, says_why_it_could_not_hear_and_answers_nothing) {
  start();
  ears.broken = true;
  speak("hi");
  const Json failed = socket->wait("conversation.item.input_audio_transcription.failed");
  EXPECT_THAT(failed["error"]["message"], HasSubstr("the ears died"));
  ears.broken = false;
  speak("lo");
  socket->wait("response.done");
  EXPECT_EQ(socket->events("response.created").size(), 1U);
}

TEST_F(Realtime, hears_by_loudness_where_the_detector_is_gone) {
  ears.deaf = true;
  start();
  speak("hi");
  EXPECT_THAT(socket->wait("error")["error"]["message"], HasSubstr("the detector is gone"));
  socket->wait("response.done");
}

TEST_F(Realtime, tells_of_an_answer_that_failed) {
  service.will_play({TextAccepted{}, content_delta("so"), Error(ErrorCode::kOutOfMemory, "no room is left")});
  start();
  socket->say({{"type", "response.create"}});
  const Json done = socket->wait("response.done")["response"];
  EXPECT_EQ(done["status"], "failed");
  EXPECT_THAT(done["status_details"]["error"]["message"], HasSubstr("no room"));
  speaker->fails_at = "hello world";
  service.will_play(answer_script({"hello world"}));
  socket->say({{"type", "response.create"}});
  EXPECT_THAT(socket->wait("response.done")["response"]["status_details"]["error"]["message"],
              HasSubstr("the speaker died"));
}

TEST_F(Realtime, tells_of_an_answer_that_met_its_bound) {
  Script script = answer_script({"one", "two"});
  script[3] = choice_end(FinishReason::kLength);
  service.will_play(script);
  start();
  socket->say({{"type", "response.create"}, {"response", {{"max_output_tokens", 2}}}});
  const Json done = socket->wait("response.done")["response"];
  EXPECT_EQ(done["status"], "incomplete");
  EXPECT_EQ(done["status_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(service.last_request().max_tokens, 2U);
}

TEST_F(Realtime, keeps_finds_cuts_and_drops_items) {
  service.will_play(answer_script({"one two three four"}));
  start();
  socket->say({{"type", "response.create"}});
  const Json done = socket->wait("response.done")["response"];
  const std::string id = done["output"][0]["id"];
  socket->say({{"type", "conversation.item.truncate"}, {"item_id", id}, {"content_index", 0}, {"audio_end_ms", 60}});
  EXPECT_EQ(socket->wait("conversation.item.truncated")["audio_end_ms"], 60);
  socket->say({{"type", "conversation.item.retrieve"}, {"item_id", id}});
  const Json cut = socket->wait("conversation.item.retrieved")["item"];
  EXPECT_EQ(cut["content"][0]["transcript"], "one two");  // 60 of 150 ms
  EXPECT_THAT(refused({{"type", "conversation.item.truncate"}, {"item_id", id}, {"audio_end_ms", 9000}})["message"],
              HasSubstr("60 ms"));
  const Json before{{"type", "conversation.item.create"},
                    {"previous_item_id", "root"},
                    {"item",
                     {{"type", "message"},
                      {"id", "first"},
                      {"role", "system"},
                      {"content", Json::array({{{"type", "input_text"}, {"text", "Be kind."}}})}}}};
  socket->say(before);
  EXPECT_TRUE(socket->wait("conversation.item.added")["previous_item_id"].is_null());
  EXPECT_THAT(refused(before)["message"], HasSubstr("there already"));
  socket->say({{"type", "conversation.item.delete"}, {"item_id", id}});
  EXPECT_EQ(socket->wait("conversation.item.deleted")["item_id"], id);
  EXPECT_THAT(refused({{"type", "conversation.item.delete"}, {"item_id", id}})["message"], HasSubstr(id));
  EXPECT_EQ(refused({{"type", "conversation.item.retrieve"}, {"item_id", id}})["param"], "item_id");
}

TEST_F(Realtime, is_set_up_in_both_forms) {
  start();
  socket->say({{"type", "session.update"},
               {"session",
                {{"type", "realtime"},
                 {"instructions", "Be brief."},
                 {"max_output_tokens", 50},
                 {"audio",
                  {{"input",
                    {{"format", {{"type", "audio/pcm"}, {"rate", 24000}}},
                     {"transcription", {{"model", "gpt-4o-transcribe"}, {"language", "en"}}},
                     {"turn_detection", {{"type", "server_vad"}, {"silence_duration_ms", 200}}}}},
                   {"output", {{"voice", "second"}, {"speed", 1.5}}}}}}}});
  Json session_now = socket->wait("session.updated")["session"];
  EXPECT_EQ(session_now["instructions"], "Be brief.");
  EXPECT_EQ(session_now["audio"]["input"]["turn_detection"]["silence_duration_ms"], 200);
  EXPECT_EQ(session_now["audio"]["input"]["transcription"]["model"], "ears");
  EXPECT_THAT(session_now["hearth"]["ignored"].dump(), HasSubstr("transcription.model"));
  EXPECT_EQ(session_now["audio"]["output"]["voice"], "second");
  socket->say({{"type", "session.update"},
               {"session",
                {{"modalities", {"text", "audio"}},
                 {"voice", "alloy"},
                 {"input_audio_format", "pcm16"},
                 {"input_audio_transcription", nullptr},
                 {"turn_detection", nullptr},
                 {"max_response_output_tokens", "inf"}}}});
  session_now = socket->wait("session.updated")["session"];
  EXPECT_EQ(session_now["max_output_tokens"], "inf");
  EXPECT_EQ(session_now["audio"]["output"]["voice"], "first");
  EXPECT_TRUE(session_now["audio"]["input"]["turn_detection"].is_null());
  EXPECT_TRUE(session_now["audio"]["input"]["transcription"].is_null());
  EXPECT_EQ(session_now["output_modalities"], Json::array({"audio"}));
}

TEST_F(Realtime, refuses_what_it_does_not_know_and_changes_nothing) {
  start();
  const auto update = [this](const Json& settings) {
    return refused({{"type", "session.update"}, {"session", settings}})["message"].get<std::string>();
  };
  EXPECT_THAT(update({{"instructions", "new"}, {"voice", "third"}}), HasSubstr("first, second"));
  EXPECT_THAT(update({{"input_audio_format", "g711_ulaw"}}), HasSubstr("PCM at 24000"));
  EXPECT_THAT(update({{"turn_detection", {{"type", "semantic_vad"}}}}), HasSubstr("server_vad"));
  EXPECT_THAT(update({{"turn_detection", {{"type", "server_vad"}, {"threshold", 2}}}}), HasSubstr("threshold"));
  EXPECT_THAT(update({{"tools", Json::array({{{"type", "function"}}})}}), HasSubstr("tools"));
  EXPECT_THAT(update({{"type", "transcription"}}), HasSubstr("realtime"));
  EXPECT_THAT(update({{"speed", 9}}), HasSubstr("speed"));
  socket->say({{"type", "session.update"}, {"session", Json::object()}});
  EXPECT_THAT(socket->wait("session.updated")["session"]["instructions"].get<std::string>(), HasSubstr("read aloud"));
}

TEST_F(Realtime, answers_malformed_events_by_errors_and_goes_on) {
  start();
  for (const char* text :
       {"", "{", "[]", "null", "{\"type\": 5}", "{}", R"({"type": "dance"})", R"({"type":"session.update"})",
        R"({"type":"input_audio_buffer.append"})", R"({"type":"conversation.item.create"})",
        R"({"type":"conversation.item.create","item":{"type":"function_call_output"}})",
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[]}})",
        R"({"type":"conversation.item.truncate","item_id":"x"})",
        R"({"type":"response.create","response":{"conversation":"none"}})"}) {
    socket->say(std::string(text));
    EXPECT_EQ(socket->wait("error")["error"]["type"], "invalid_request_error") << text;
  }
  EXPECT_EQ(refused({{"type", "input_audio_buffer.append"}, {"audio", "!!!"}})["param"], "audio");
  EXPECT_THAT(refused({{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}})["message"], HasSubstr("3 bytes"));
  EXPECT_TRUE(socket->events("response.created").empty());
  socket->say({{"type", "response.create"}});
  EXPECT_EQ(socket->wait("response.done")["response"]["status"], "completed");
}

TEST_F(Realtime, tells_that_it_has_no_ears) {
  ears.names.clear();
  start();
  EXPECT_THAT(refused({{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}})["message"],
              HasSubstr("no speech model"));
}

TEST_F(Realtime, ends_with_its_connection_whatever_is_under_way) {
  speaker->hold();
  start();
  socket->say({{"type", "response.create"}});
  socket->wait("response.output_audio_transcript.delta");
  append(letter_sound('c', 0.5, kRealtimeRateHz));
  socket->leave();
  speaker->let_go();
  thread.join();
  session.reset();
  SUCCEED();
}

TEST(RealtimeConversations, are_bounded) {
  RealtimeConversation conversation;
  std::optional<std::string> dropped;
  for (std::size_t i = 0; i <= RealtimeConversation::kItemsMax; ++i) {
    RealtimeItem item;
    item.id = std::to_string(i);
    item.role = "user";
    item.text = "words";
    EXPECT_FALSE(dropped);
    ASSERT_TRUE(conversation.add(item, std::nullopt, dropped));
  }
  EXPECT_EQ(dropped, "0");
  EXPECT_EQ(conversation.messages("").size(), RealtimeConversation::kItemsMax);
}

}  // namespace
}  // namespace hearth::serve
