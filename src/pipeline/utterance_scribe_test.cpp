#include "pipeline/utterance_scribe.h"

#include <gtest/gtest.h>

#include <map>

#include "pipeline/scripted_listening.h"

namespace hearth {
namespace {

class Scribes : public ::testing::Test {
 protected:
  UtteranceScribe::Ports ports() {
    return {[this](const CallBounds& bounds) { return ears.recogniser("ears", "en", bounds); },
            [this](const std::string& id, const std::string& text) {
              const std::lock_guard lock(gate);
              more[id] += text;
            },
            [this](const std::string& id, const Result<WrittenUtterance>& written) {
              const std::lock_guard lock(gate);
              order.push_back(id);
              texts[id] = written ? written->text : "error: " + written.error().message;
              if (written) seconds[id] = written->audio_s;
              told.notify_all();
            }};
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(gate);
    return told.wait_for(lock, std::chrono::seconds(60), [&] { return order.size() >= n; });
  }
  static void say(UtteranceScribe& scribe, const std::string& letters) {
    for (const char letter : letters) scribe.push(letter_sound(letter, 0.2, LetterEars::kRateHz));
  }

  LetterEars ears;
  std::mutex gate;
  std::condition_variable told;
  std::map<std::string, std::string> more, texts;
  std::map<std::string, double> seconds;
  std::vector<std::string> order;
};

TEST_F(Scribes, write_utterances_in_their_order) {
  UtteranceScribe scribe(ports());
  scribe.begin("1");
  say(scribe, "ha");
  scribe.end();
  scribe.begin("2");
  say(scribe, "b");
  scribe.drop();
  scribe.end();  // of nothing
  scribe.begin("3");
  say(scribe, "lo");
  scribe.end();
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(order, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(texts["1"], "ha");
  EXPECT_EQ(texts["3"], "lo");
  EXPECT_EQ(more["3"], "lo");
  EXPECT_NEAR(seconds["3"], 0.4, 1e-6);
  EXPECT_EQ(ears.asked.front(), "ears/en");
}

TEST_F(Scribes, give_a_model_with_a_window_what_is_longer_in_parts) {
  ears.window_ms = 400;
  UtteranceScribe scribe(ports());
  scribe.begin("1");
  say(scribe, "abcde");
  scribe.end();
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(texts["1"], "ab cd e");
  EXPECT_EQ(more["1"], "ab cd e");
}

TEST_F(Scribes, tell_why_there_are_no_words_and_go_on) {
  UtteranceScribe scribe(ports());
  ears.broken = true;
  scribe.begin("1");
  say(scribe, "a");
  scribe.end();
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(texts["1"], "error: the ears died");
  ears.broken = false;
  scribe.begin("2");
  say(scribe, "b");
  scribe.end();
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(texts["2"], "b");
}

TEST_F(Scribes, end_while_much_waits) {
  ears.hold();
  {
    UtteranceScribe scribe(ports());
    for (int i = 0; i < 5; ++i) {
      scribe.begin(std::to_string(i));
      say(scribe, "abc");
      scribe.end();
    }
  }
  EXPECT_TRUE(order.empty());
}

TEST_F(Scribes, hold_no_more_than_a_minute) {
  ears.hold();
  UtteranceScribe scribe(ports());
  scribe.begin("1");
  say(scribe, "a");
  scribe.end();  // its words are held
  scribe.begin("2");
  std::atomic<int> n_seconds{0};
  std::thread speaker([&] {
    for (; n_seconds < 90; ++n_seconds) scribe.push(std::vector<float>(LetterEars::kRateHz));
  });
  for (int i = 0; i < 20'000 && n_seconds < 60; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GE(n_seconds, 60);
  EXPECT_LE(n_seconds, 62);
  ears.let_go();
  speaker.join();
  scribe.end();
  EXPECT_TRUE(wait_for(2));
}

}  // namespace
}  // namespace hearth
