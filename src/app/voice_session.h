// A conversation by voice: what is said is written down, answered by a language model and spoken, each step while the
// one before goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "app/live_sound.h"
#include "app/model_speaker.h"
#include "app/tensor_host.h"
#include "app/transcribe_session.h"
#include "base/call_bounds.h"
#include "pipeline/reply_speaker.h"
#include "pipeline/speech_script.h"

namespace hearth {

struct VoiceSettings {
  TranscribeSessionOptions hearing;
  TextSessionOptions chat;
  SpeakerSettings speaking;
  SpeakingStyle style;
  std::string system = "Answer in one or two short sentences that can be read aloud.";
  std::uint32_t max_tokens = 96;  // of an answer
  SamplingOptions sampling;
  // Whoever speaks while an answer is spoken ends it, and the answer's writing. For sound that comes as fast as it is
  // spoken; a file that is read at once would interrupt every answer.
  bool barge_in = false;
  // What a camera sees as an answer begins, which goes to the language model with what was said; empty: there is none.
  // Called on the answering thread.
  std::function<Result<std::string>(const CallBounds&)> see = {};
};

// Milliseconds since it was known that the utterance is over; absent: it did not come to that.
struct VoiceStages {
  std::optional<double> text;            // what was said is written down
  std::optional<double> first_token;     // of the answer
  std::optional<double> first_sentence;  // given to the voice
  std::optional<double> first_audio;
  std::optional<double> last_token;
  std::optional<double> last_audio;
};

struct VoiceTurn {
  std::string heard;
  std::string seen;        // "1 bus, 3 person"; empty where there is no camera
  std::string said;        // all of the answer that was written
  double heard_end_s = 0;  // of the sound that came in
  double audio_s = 0;      // of the answer
  bool interrupted = false;
  VoiceStages stages;
};

// What a conversation is told to. Called one at a time, on threads of the session's.
struct VoiceListener {
  std::function<void(std::span<const float>)> play;  // the answers' audio, at output_rate_hz()
  std::function<void(const VoiceTurn&)> turn = {};   // one is over
  std::function<void(const LiveEvent&)> heard = {};  // partial and final results
};

// Externally synchronised.
class VoiceSession {
 public:
  // Errors of TranscribeSession::open, TextSession::open, open_speaker, ScriptWriter and SentenceSplitter.
  static Result<std::unique_ptr<VoiceSession>> open(HearthApp& app, const VoiceSettings& settings,
                                                    const CallBounds& bounds);
  ~VoiceSession();

  // All of `sound`; returns when the last answer was spoken. Errors of the sound, of recognising, and the first of an
  // answer; kCancelled, kDeadlineExceeded. What was said before stays part of the conversation.
  [[nodiscard]] Result<std::vector<VoiceTurn>> converse(LiveSound& sound, const VoiceListener& listener,
                                                        const CallBounds& bounds);

  [[nodiscard]] std::uint32_t input_rate_hz() const { return hearing_->sample_rate_hz(); }
  [[nodiscard]] std::uint32_t output_rate_hz() const { return speaker_->facts().sample_rate_hz; }

 private:
  class Conversation;
  VoiceSession() = default;
  [[nodiscard]] Status speak(const std::string& sentence, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive);

  VoiceSettings settings_;
  const Clock* clock_ = nullptr;  // borrowed
  std::unique_ptr<TranscribeSession> hearing_;
  std::unique_ptr<TextSession> chat_;
  std::unique_ptr<Speaker> speaker_;
  std::unique_ptr<ScriptWriter> scripts_;        // of the voice's thread
  std::unique_ptr<SentenceSplitter> sentences_;  // of the answering thread
  std::vector<ChatMessage> messages_;
};

}  // namespace hearth
