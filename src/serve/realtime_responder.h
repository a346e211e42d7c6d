// Answers within a realtime session: one at a time, written by the language model and spoken while it is written.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "pipeline/reply_speaker.h"
#include "pipeline/sentence_voice.h"
#include "serve/realtime_state.h"

namespace hearth::serve {

class RealtimeTokens;

struct RealtimeAsk {
  RealtimeAnswerSettings settings;
  Json metadata = nullptr;
  // Since when the speaker waits, where it is known: for the time to first audio.
  std::optional<std::chrono::steady_clock::time_point> asked_at{};
};

// Internally locked. The state and the speaker outlive it.
class RealtimeResponder {
 public:
  // `speaker` null: all answers are text.
  RealtimeResponder(RealtimeState& state, std::shared_ptr<Speaker> speaker);
  ~RealtimeResponder();
  RealtimeResponder(const RealtimeResponder&) = delete;
  RealtimeResponder& operator=(const RealtimeResponder&) = delete;

  // Says `response.created` and answers once all that was heard is written down. False: another answer is under way;
  // with `then` this one follows it, in place of one that was to follow.
  bool create(RealtimeAsk ask, bool then);
  // Ends the present answer, its sound within a piece of audio and its writing with the next token, and drops the one
  // that was to follow. `id` empty: whichever. False: there is none such.
  bool cancel(const std::string& id, const std::string& reason);

  // Of an utterance that is part of the conversation and has no words yet.
  void await_words();
  void words_came();

 private:
  struct Answer;
  void run();
  // How it ended: "completed", "cancelled", "incomplete" or "failed".
  [[nodiscard]] std::string answer(Answer& answer);
  [[nodiscard]] Status write(Answer& answer);
  [[nodiscard]] Status follow(Answer& answer, RealtimeTokens& tokens, ReplySpeaker* speaker);
  [[nodiscard]] Result<ReplySpeaker::Ports> voice_ports(Answer& answer);
  void play(Answer& answer, std::span<const float> samples);
  void begin_item(const Answer& answer);
  void end_item(const Answer& answer, const std::string& status);
  void tell_created(const Answer& answer);
  void tell_done(const Answer& answer, const std::string& status);
  [[nodiscard]] std::shared_ptr<Answer> next_answer(RealtimeAsk ask) const;

  RealtimeState& state_;
  const std::shared_ptr<Speaker> speaker_;  // shared with the service that offers it
  std::unique_ptr<SentenceVoice> voice_;    // of the answering thread; made with the first answer that is spoken
  std::mutex gate_;                         // of all below
  std::condition_variable changed_;
  std::shared_ptr<Answer> active_;  // shared with the answering thread
  std::shared_ptr<Answer> following_;
  std::size_t n_awaited_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace hearth::serve
