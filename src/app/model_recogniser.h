// A runtime's speech model as streams of speech see it.
#pragma once

#include <memory>

#include "pipeline/speech_recogniser.h"
#include "plugin_host/transcribe_model.h"

namespace hearth {

// Thread-safe. Keeps its model alive.
class ModelRecogniser final : public SpeechRecogniser {
 public:
  ModelRecogniser(std::shared_ptr<TranscribeModel> model, TranscribeOptions options);

  [[nodiscard]] const SpeechModelFacts& facts() const override { return facts_; }
  // kUnsupported: a language or a translation that the model doesn't offer.
  [[nodiscard]] Result<std::unique_ptr<SpeechRecognition>> begin(bool partials) override;

 private:
  std::shared_ptr<TranscribeModel> model_;  // shared: with the session that opened it
  TranscribeOptions options_;
  SpeechModelFacts facts_;
};

// Appends what is final of `spoken`, later by `shift_s`.
void append_final(Recognised& to, std::vector<SpokenSegment> spoken, double shift_s = 0);

}  // namespace hearth
