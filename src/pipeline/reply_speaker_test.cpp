#include "pipeline/reply_speaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>

namespace hearth {
namespace {

// Ends a sentence behind a full stop and a space.
std::vector<std::string> split(std::string_view text, std::size_t bytes_max) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = text.find(". ");
    end = std::min({end == std::string_view::npos ? text.size() : end + 1, text.size(), bytes_max});
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return out;
}

struct Voice {
  std::vector<float> heard;
  std::atomic<int> sentences = 0;
  std::function<void(const std::string&)> before = [](const std::string&) {};
  SystemClock clock;

  // A sample for every byte, in pieces of ten.
  ReplySpeaker::Ports ports() {
    return {split,
            [this](const std::string& sentence, const CallBounds& bounds,
                   const std::function<bool(std::span<const float>)>& receive) -> Status {
              ++sentences;
              before(sentence);
              const std::vector<float> samples(sentence.size(), 0.5F);
              for (std::size_t at = 0; at < samples.size(); at += 10) {
                if (bounds.cancel->requested() ||
                    !receive(std::span(samples).subspan(at, std::min<std::size_t>(10, samples.size() - at))))
                  return fail(ErrorCode::kCancelled, "stopped");
              }
              return {};
            },
            [this](std::span<const float> samples) { heard.insert(heard.end(), samples.begin(), samples.end()); },
            clock};
  }
};

TEST(ReplySpeaker, speaks_every_sentence_once_in_its_order_however_the_text_came) {
  const std::string text = "It is late. The fire burns low, and the house is still. Good night";
  for (const std::size_t piece : {1U, 3U, 7U, 100U}) {
    Voice voice;
    ReplySpeakerOptions whole;
    whole.first_clause_bytes = 1000;
    ReplySpeaker speaker(voice.ports(), whole);
    for (std::size_t at = 0; at < text.size(); at += piece)
      ASSERT_TRUE(speaker.say(std::string_view(text).substr(at, piece)));
    const auto reply = speaker.finish();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->sentences,
              (std::vector<std::string>{"It is late.", "The fire burns low, and the house is still.", "Good night"}))
        << piece;
    EXPECT_EQ(reply->n_samples, voice.heard.size());
    EXPECT_FALSE(reply->interrupted);
  }
}

TEST(ReplySpeaker, loses_nothing_to_line_ends_that_the_splitter_makes_spaces) {
  Voice voice;
  auto ports = voice.ports();
  ports.split = [](std::string_view text, std::size_t bytes_max) {
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    return split(line, bytes_max);
  };
  ReplySpeaker speaker(std::move(ports));
  for (const char* piece : {"One. Two\nthree", " and\n", "four. Five"}) ASSERT_TRUE(speaker.say(piece));
  const auto reply = speaker.finish();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->sentences, (std::vector<std::string>{"One.", "Two three and four.", "Five"}));
}

TEST(ReplySpeaker, is_heard_before_the_answer_is_whole) {
  Voice voice;
  std::promise<void> spoke;
  voice.before = [&spoke, first = true](const std::string&) mutable {
    if (std::exchange(first, false)) spoke.set_value();
  };
  ReplySpeaker speaker(voice.ports());
  speaker.say("Well, that is a question, ");
  speaker.say("which");
  ASSERT_EQ(spoke.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready)
      << "a first clause is enough";
  while (voice.sentences < 1) {
  }
  speaker.say(" needs thought. I have none.");
  const auto reply = speaker.finish();
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->sentences.size(), 3U);
  EXPECT_LT(*reply->times.first_sentence, *reply->times.last_text);
  EXPECT_LE(*reply->times.first_sentence, *reply->times.first_audio);
}

TEST(ReplySpeaker, an_interruption_ends_the_sound_and_drops_what_waits) {
  Voice voice;
  std::promise<void> began;
  std::promise<void> go_on;
  voice.before = [&](const std::string&) {
    began.set_value();
    go_on.get_future().wait();
  };
  ReplySpeaker speaker(voice.ports());
  speaker.say("One. Two. Three. Four");
  began.get_future().wait();
  speaker.interrupt();
  go_on.set_value();
  EXPECT_FALSE(speaker.say("Five. "));
  const auto reply = speaker.finish();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->interrupted);
  EXPECT_TRUE(reply->sentences.empty());
  EXPECT_TRUE(voice.heard.empty());
  EXPECT_EQ(voice.sentences, 1);
}

TEST(ReplySpeaker, a_voice_that_fails_ends_the_answer_with_its_error) {
  Voice voice;
  auto ports = voice.ports();
  ports.synthesize = [](const std::string&, const CallBounds&, const auto&) -> Status {
    return fail(ErrorCode::kInvalidData, "no voice");
  };
  ReplySpeaker speaker(std::move(ports));
  speaker.say("One. Two");
  const auto reply = speaker.finish();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "no voice");
}

TEST(ReplySpeaker, one_that_is_dropped_leaves_no_thread_behind) {
  Voice voice;
  ReplySpeaker speaker(voice.ports());
  speaker.say("One. Two. Three");
}

}  // namespace
}  // namespace hearth
