#include "pipeline/speech_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <optional>

#include "audio/mono_reader.h"
#include "pipeline/scripted_speaker.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

class Told final : public SpeechListener {
 public:
  void on_begin(const SpeechHead& came) override {
    const std::lock_guard lock(gate_);
    head = came;
  }
  bool on_bytes(std::string_view more) override {
    const std::lock_guard lock(gate_);
    bytes += more;
    return !leaves;
  }
  void on_end(const SpeechEnd& came) override {
    const std::lock_guard lock(gate_);
    end = came;
    done_.notify_all();
  }
  void on_error(const Error& came) override {
    const std::lock_guard lock(gate_);
    error = came;
    done_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(gate_);
    return done_.wait_for(lock, std::chrono::seconds(30), [this] { return end.has_value() || error.has_value(); });
  }
  bool leaves = false;
  std::optional<SpeechHead> head;
  std::string bytes;
  std::optional<SpeechEnd> end;
  std::optional<Error> error;

 private:
  std::mutex gate_;
  std::condition_variable done_;
};

class SpeechServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<QueuedSpeechService> service(const SpeechServiceOptions& options = {}) {
    std::vector<OfferedSpeaker> offered = {{"letters", speaker_, {"tts-1"}}};
    return std::make_unique<QueuedSpeechService>(std::move(offered), options);
  }
  static std::shared_ptr<Told> ask(SpeechService& service, SpeechRequest request) {
    auto told = std::make_shared<Told>();
    service.speak(std::move(request), told);
    return told;
  }
  static SpeechRequest say(const std::string& text, const std::string& format = "wav") {
    SpeechRequest request;
    request.model = "letters";
    request.text = text;
    request.format = format;
    return request;
  }
  std::shared_ptr<ScriptedSpeaker> speaker_ = std::make_shared<ScriptedSpeaker>();
};

TEST_F(SpeechServiceTest, sends_a_sound_file_of_what_was_spoken) {
  const auto speech = service();
  for (const char* format : {"wav", "flac", "ogg", "opus", "mp3"}) {
    const auto told = ask(*speech, say("hello there! again.", format));
    ASSERT_TRUE(told->wait());
    ASSERT_TRUE(told->end) << format << ": " << (told->error ? to_string(*told->error) : "");
    ASSERT_TRUE(told->head);
    EXPECT_EQ(told->head->model, "letters");
    EXPECT_NEAR(told->end->audio_s, 0.15, 1e-9);
    EXPECT_EQ(told->end->n_characters, 19U);
    EXPECT_EQ(told->end->spoken.n_lines, 2U);
    const auto samples = read_mono(std::make_unique<MemoryInput>(std::as_bytes(std::span(told->bytes))), 10, 16'000);
    ASSERT_TRUE(samples) << format << ": " << to_string(samples.error());
    EXPECT_NEAR(static_cast<double>(samples->size()) / 16'000, 0.15, 0.15) << format;
  }
  const auto pcm = ask(*speech, say("abc", "pcm"));
  ASSERT_TRUE(pcm->wait());
  EXPECT_EQ(pcm->bytes.size(), 3 * ScriptedSpeaker::kLetterSamples * 2);
}

TEST_F(SpeechServiceTest, knows_models_by_their_aliases_and_the_only_one_without_a_name) {
  const auto speech = service();
  for (const char* name : {"tts-1", ""}) {
    auto request = say("a");
    request.model = name;
    const auto told = ask(*speech, std::move(request));
    ASSERT_TRUE(told->wait());
    ASSERT_TRUE(told->head) << name;
    EXPECT_EQ(told->head->model, "letters");
  }
}

TEST_F(SpeechServiceTest, names_what_is_wrong_before_it_begins) {
  speaker_->fails_at = "zz";
  const auto speech = service({.text_bytes_max = 100});
  const auto error_of = [&](SpeechRequest request) {
    const auto told = ask(*speech, std::move(request));
    EXPECT_TRUE(told->wait());
    EXPECT_FALSE(told->head);
    return told->error.value_or(Error(ErrorCode::kInternal, "none"));
  };
  auto other = say("a");
  other.model = "other";
  EXPECT_EQ(error_of(other).code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of(other).hint, HasSubstr("letters"));
  EXPECT_EQ(error_of(say("a", "aac")).code, ErrorCode::kUnsupported);
  EXPECT_EQ(error_of(say("")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of(say("...")).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(say(std::string(101, 'a'))).code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(error_of(say("zz")).code, ErrorCode::kWorkerCrashed);
  auto voice = say("a");
  voice.style.voice = "third";
  EXPECT_EQ(error_of(voice).code, ErrorCode::kNotFound);
}

TEST_F(SpeechServiceTest, more_than_its_queue_are_told_to_come_again) {
  speaker_->hold();
  const auto speech = service({.threads = 1, .queue = 1});
  std::vector<std::shared_ptr<Told>> all;
  for (int i = 0; i < 4; ++i) all.push_back(ask(*speech, say("a")));
  int n_refused = 0;
  for (const auto& told : all)
    if (told->error && told->error->code == ErrorCode::kOverloaded) ++n_refused;
  EXPECT_GE(n_refused, 2);  // one is spoken or waits, one waits
  speaker_->let_go();
  for (const auto& told : all) EXPECT_TRUE(told->wait());
}

TEST_F(SpeechServiceTest, a_client_that_leaves_ends_its_request) {
  const auto speech = service();
  auto told = std::make_shared<Told>();
  told->leaves = true;
  speech->speak(say(std::string(90, 'a')), told);
  ASSERT_TRUE(told->wait());
  ASSERT_TRUE(told->error);
  EXPECT_EQ(told->error->code, ErrorCode::kCancelled);
  auto cancelled = say("a");
  const auto cancel = std::make_shared<CancelToken>();
  cancel->request();
  cancelled.cancel = cancel;
  const auto late = ask(*speech, std::move(cancelled));
  ASSERT_TRUE(late->wait());
  EXPECT_EQ(late->error->code, ErrorCode::kCancelled);
}

TEST_F(SpeechServiceTest, those_who_wait_are_told_when_it_goes) {
  speaker_->hold();
  auto speech = service({.threads = 1, .queue = 8});
  const auto first = ask(*speech, say("a"));
  const auto second = ask(*speech, say("a"));
  std::thread end([&] { speech.reset(); });
  speaker_->let_go();
  end.join();
  EXPECT_TRUE(first->wait());
  EXPECT_TRUE(second->wait());
}

}  // namespace
}  // namespace hearth
