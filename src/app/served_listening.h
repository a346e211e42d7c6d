// Hearing for the server's realtime sessions, over the models it offers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/speech_engine.h"
#include "engine/tensor_service.h"
#include "engine/text_service.h"
#include "pipeline/listening_service.h"

namespace hearth {

// Thread-safe. All that it is made of outlives it and what it hands out.
class ServedListening final : public ListeningService {
 public:
  // A graph that is served as this, or has it as an alias, is the detector of speech; without one loudness decides.
  static constexpr const char* kDetectorName = "vad";

  // `directory` knows the models of all kinds.
  ServedListening(const TextService& directory, SpeechEngine& speech, TensorService& tensors)
      : directory_(directory), speech_(speech), tensors_(tensors) {}

  [[nodiscard]] std::vector<std::string> models() const override;
  [[nodiscard]] Result<std::unique_ptr<SpeechRecogniser>> recogniser(const std::string& model,
                                                                     const std::string& language,
                                                                     const CallBounds& bounds) override;
  [[nodiscard]] Result<std::unique_ptr<SpeechProbability>> detector(const CallBounds& bounds) override;

 private:
  const TextService& directory_;
  SpeechEngine& speech_;
  TensorService& tensors_;
};

}  // namespace hearth
