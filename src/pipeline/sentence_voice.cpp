#include "pipeline/sentence_voice.h"

#include <utility>
#include <vector>

namespace hearth {

Result<std::unique_ptr<SentenceVoice>> SentenceVoice::create(std::shared_ptr<Speaker> speaker, std::uint32_t rate_hz) {
  std::unique_ptr<SentenceVoice> voice(new SentenceVoice());
  HEARTH_ASSIGN(scripts, ScriptWriter::create());
  HEARTH_ASSIGN(sentences, SentenceSplitter::create());
  voice->speaker_ = std::move(speaker);
  voice->rate_hz_ = rate_hz;
  voice->scripts_ = std::move(scripts);
  voice->sentences_ = std::move(sentences);
  return voice;
}

Result<ReplySpeaker::Ports> SentenceVoice::ports(const SpeakingStyle& style, const Clock& clock,
                                                 std::function<void(std::span<const float>)> play) {
  HEARTH_TRY(scripts_->write("a", style, facts()));  // refuses a voice or a speed before anything is written
  HEARTH_ASSIGN(resampler, Resampler::create(facts().sample_rate_hz, rate_hz_));
  resampler_ = std::move(resampler);
  style_ = style;
  play_ = std::move(play);
  return ReplySpeaker::Ports{[this](std::string_view text, std::size_t most) { return sentences_->split(text, most); },
                             [this](const std::string& sentence, const CallBounds& bounds, const auto& receive) {
                               return speak(sentence, bounds, receive);
                             },
                             play_, clock};
}

Status SentenceVoice::flush() {
  std::vector<float> rest;
  HEARTH_TRY(resampler_->finish(rest));
  if (!rest.empty()) play_(rest);
  return {};
}

// A language model writes what can't be spoken too: that is passed over.
Status SentenceVoice::speak(const std::string& sentence, const CallBounds& bounds,
                            const std::function<bool(std::span<const float>)>& receive) {
  const auto lines = scripts_->write(sentence, style_, facts());
  if (!lines && lines.error().code == ErrorCode::kInvalidArgument) return {};
  if (!lines) return fail(Error(lines.error()));
  for (const auto& line : *lines) HEARTH_TRY(speak_line(line, bounds, receive));
  return {};
}

Status SentenceVoice::speak_line(const SpeechLine& line, const CallBounds& bounds,
                                 const std::function<bool(std::span<const float>)>& receive) {
  std::vector<float> resampled;
  Status faulty;
  const auto forward = [&](std::span<const float> samples) {
    resampled.clear();
    faulty = resampler_->process(samples, resampled);
    return faulty && (resampled.empty() || receive(resampled));
  };
  WordingSpeaker words(*speaker_, scripts_->english());
  const Status spoken = line.text.empty() ? Status() : words.speak(line.text, line.style, bounds, forward);
  if (!faulty) return faulty;
  HEARTH_TRY(spoken);
  const std::vector<float> pause(std::size_t{line.pause_ms} * facts().sample_rate_hz / 1000);
  if (pause.empty() || forward(pause)) return {};
  return faulty ? Status(fail(ErrorCode::kCancelled, "interrupted")) : faulty;
}

}  // namespace hearth
