// The voice of a conversation: sentences in, samples at the listener's rate out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "audio/resampler.h"
#include "pipeline/reply_speaker.h"
#include "pipeline/speaker.h"
#include "pipeline/speech_script.h"

namespace hearth {

// Externally synchronised, but for the ports' two functions, which one ReplySpeaker calls on its two threads.
class SentenceVoice {
 public:
  // Costs some tens of milliseconds. Errors of ScriptWriter and SentenceSplitter.
  static Result<std::unique_ptr<SentenceVoice>> create(std::shared_ptr<Speaker> speaker, std::uint32_t rate_hz);

  // For one answer: `play` gets its samples at rate_hz, on the voice's thread. kInvalidArgument of the style as
  // ScriptWriter::write. The voice and what the arguments hold outlive the ReplySpeaker.
  [[nodiscard]] Result<ReplySpeaker::Ports> ports(const SpeakingStyle& style, const Clock& clock,
                                                  std::function<void(std::span<const float>)> play);
  // The answer was spoken to its end: the last samples, which resampling holds back.
  [[nodiscard]] Status flush();

  [[nodiscard]] const SpeakerFacts& facts() const { return speaker_->facts(); }

 private:
  SentenceVoice() = default;
  [[nodiscard]] Status speak(const std::string& sentence, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive);
  [[nodiscard]] Status speak_line(const SpeechLine& line, const CallBounds& bounds,
                                  const std::function<bool(std::span<const float>)>& receive);

  std::shared_ptr<Speaker> speaker_;  // shared with the service that offers it
  std::uint32_t rate_hz_ = 0;
  std::unique_ptr<ScriptWriter> scripts_;        // of the voice's thread
  std::unique_ptr<SentenceSplitter> sentences_;  // of the answering thread
  std::unique_ptr<Resampler> resampler_;         // of the present answer
  SpeakingStyle style_;
  std::function<void(std::span<const float>)> play_;
};

}  // namespace hearth
