#include "app/voice_session.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace hearth {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct HeardUtterance {
  std::string text;
  double end_s = 0;
  SteadyTime over_at;  // it was known to be over
  SteadyTime text_at;
};

std::optional<double> ms_since(SteadyTime from, std::optional<SteadyTime> to) {
  if (!to) return std::nullopt;
  return std::chrono::duration<double, std::milli>(*to - from).count();
}

// A question as a model without eyes can answer it.
std::string in_view_of(const std::string& seen, const std::string& heard) {
  return "(In front of the camera: " + seen + ".) " + heard;
}

bool is_stop(ErrorCode code) { return code == ErrorCode::kCancelled || code == ErrorCode::kDeadlineExceeded; }

}  // namespace

// One call of converse(): the caller's thread hears, another one answers, and the voice of each answer has its own.
class VoiceSession::Conversation {
 public:
  Conversation(VoiceSession& session, const VoiceListener& listener, const CallBounds& bounds)
      : session_(session), listener_(listener), bounds_(bounds), thread_([this] { answer_all(); }) {}
  ~Conversation() {
    if (thread_.joinable()) (void)finish(true);
  }

  // On the recogniser's threads.
  void on_event(const LiveEvent& event) {
    if (listener_.heard) listener_.heard(event);
    const SteadyTime now = session_.clock_->now();
    const std::lock_guard lock(gate_);
    if (!event.text.empty() && session_.settings_.barge_in && voice_ != nullptr) voice_->interrupt();
    if (!event.is_final || event.text.empty()) return;
    const auto delay = std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(event.delay_s));
    waiting_.push_back({event.text, event.end_s, now - delay, now});
    wakes_.notify_one();
  }

  // Nothing more is heard: waits for the answers, or ends them.
  Result<std::vector<VoiceTurn>> finish(bool at_once) {
    {
      const std::lock_guard lock(gate_);
      over_ = true;
      if (at_once) {
        waiting_.clear();
        if (voice_ != nullptr) voice_->interrupt();
      }
    }
    wakes_.notify_one();
    thread_.join();
    if (error_) return fail(std::move(*error_));
    return std::move(turns_);
  }

 private:
  void answer_all() {
    std::unique_lock lock(gate_);
    while (true) {
      wakes_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const HeardUtterance heard = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      auto turn = answer(heard);
      lock.lock();
      if (!turn) {
        error_ = std::move(turn).error();
        return;
      }
      turns_.push_back(*turn);
      if (!listener_.turn) continue;
      lock.unlock();
      listener_.turn(*turn);
      lock.lock();
    }
  }

  Result<VoiceTurn> answer(const HeardUtterance& heard) {
    std::string seen;
    if (session_.settings_.see) {
      HEARTH_ASSIGN(words, session_.settings_.see(bounds_));
      seen = std::move(words);
    }
    session_.messages_.push_back({"user", seen.empty() ? heard.text : in_view_of(seen, heard.text)});
    ReplySpeaker voice(
        {[this](std::string_view text, std::size_t most) { return session_.sentences_->split(text, most); },
         [this](const std::string& sentence, const CallBounds& bounds, const auto& receive) {
           return session_.speak(sentence, bounds, receive);
         },
         listener_.play, *session_.clock_});
    set_voice(&voice);
    GenerationRequest request;
    request.max_tokens = session_.settings_.max_tokens;
    request.sampling = session_.settings_.sampling;
    request.bounds = bounds_;
    std::string said;
    auto generated = session_.chat_->chat(session_.messages_, std::move(request), [&](const TokenEvent& event) {
      said += event.text;
      return voice.say(event.text);
    });
    if (!generated || (bounds_.cancel != nullptr && bounds_.cancel->requested())) voice.interrupt();
    auto spoken = voice.finish();
    set_voice(nullptr);
    session_.messages_.push_back({"assistant", said});
    if (!generated && !is_stop(generated.error().code)) return fail(std::move(generated).error());
    if (!spoken) return fail(std::move(spoken).error());
    auto turn = turn_of(heard, std::move(said), *spoken);
    turn.seen = std::move(seen);
    return turn;
  }

  VoiceTurn turn_of(const HeardUtterance& heard, std::string said, const SpokenReply& spoken) const {
    VoiceTurn turn;
    turn.heard = heard.text;
    turn.said = std::move(said);
    turn.heard_end_s = heard.end_s;
    turn.audio_s = static_cast<double>(spoken.n_samples) / session_.output_rate_hz();
    turn.interrupted = spoken.interrupted;
    const auto since = [&heard](std::optional<SteadyTime> at) { return ms_since(heard.over_at, at); };
    turn.stages = {since(heard.text_at),
                   since(spoken.times.first_text),
                   since(spoken.times.first_sentence),
                   since(spoken.times.first_audio),
                   since(spoken.times.last_text),
                   since(spoken.times.last_audio)};
    return turn;
  }

  void set_voice(ReplySpeaker* voice) {
    const std::lock_guard lock(gate_);
    voice_ = voice;
  }

  VoiceSession& session_;
  const VoiceListener& listener_;
  const CallBounds bounds_;
  std::mutex gate_;  // of all below
  std::condition_variable wakes_;
  std::deque<HeardUtterance> waiting_;
  ReplySpeaker* voice_ = nullptr;  // that speaks now
  bool over_ = false;
  std::vector<VoiceTurn> turns_;
  std::optional<Error> error_;
  std::thread thread_;
};

Result<std::unique_ptr<VoiceSession>> VoiceSession::open(HearthApp& app, const VoiceSettings& settings,
                                                         const CallBounds& bounds) {
  std::unique_ptr<VoiceSession> session(new VoiceSession());
  session->settings_ = settings;
  session->clock_ = &app.clock();
  HEARTH_ASSIGN(hearing, TranscribeSession::open(tensor_host_parts(app), settings.hearing, bounds));
  session->hearing_ = std::move(hearing);
  HEARTH_ASSIGN(speaker, open_speaker(app.session_host(), settings.speaking, bounds));
  session->speaker_ = std::move(speaker);
  HEARTH_ASSIGN(chat, TextSession::open(app.session_host(), settings.chat, bounds));
  session->chat_ = std::move(chat);
  HEARTH_ASSIGN(scripts, ScriptWriter::create());
  session->scripts_ = std::move(scripts);
  HEARTH_ASSIGN(sentences, SentenceSplitter::create());
  session->sentences_ = std::move(sentences);
  if (!settings.system.empty()) session->messages_.push_back({"system", settings.system});
  return session;
}

VoiceSession::~VoiceSession() = default;

// A language model writes what can't be spoken too: that is passed over.
Status VoiceSession::speak(const std::string& sentence, const CallBounds& bounds,
                           const std::function<bool(std::span<const float>)>& receive) {
  const auto lines = scripts_->write(sentence, settings_.style, speaker_->facts());
  if (!lines && lines.error().code == ErrorCode::kInvalidArgument) return {};
  if (!lines) return fail(Error(lines.error()));
  WordingSpeaker words(*speaker_, scripts_->english());
  for (const auto& line : *lines) {
    if (!line.text.empty()) HEARTH_TRY(words.speak(line.text, line.style, bounds, receive));
    const std::vector<float> pause(std::size_t{line.pause_ms} * output_rate_hz() / 1000);
    if (!pause.empty() && !receive(pause)) return fail(ErrorCode::kCancelled, "interrupted");
  }
  return {};
}

Result<std::vector<VoiceTurn>> VoiceSession::converse(LiveSound& sound, const VoiceListener& listener,
                                                      const CallBounds& bounds) {
  Conversation conversation(*this, listener, bounds);
  const auto hear = [&]() -> Status {
    HEARTH_ASSIGN(listening,
                  hearing_->listen(
                      {}, [&conversation](const LiveEvent& event) { conversation.on_event(event); }, bounds));
    for (std::vector<float> block;;) {
      HEARTH_TRY(sound.next(block));
      if (block.empty()) return listening->stream().finish();
      HEARTH_TRY(listening->stream().push(block));
    }
  };
  const Status heard = hear();
  auto turns = conversation.finish(!heard.has_value());
  if (!heard) return fail(Error(heard.error()));
  return turns;
}

}  // namespace hearth
