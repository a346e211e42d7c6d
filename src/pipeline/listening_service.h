// What hears for servers: speech models by name, and a detector of speech.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "pipeline/speech_probability.h"
#include "pipeline/speech_recogniser.h"

namespace hearth {

// Thread-safe.
class ListeningService {
 public:
  virtual ~ListeningService() = default;
  // Names of the speech models there are.
  [[nodiscard]] virtual std::vector<std::string> models() const = 0;
  // Blocks until the model is loaded, which stays as long as the recogniser is held. `language`: a code of ISO 639-1;
  // empty: detected, or the model's only one. kNotFound: no such model; kUnsupported: a language that it doesn't know;
  // kOverloaded; kCancelled; what loading gives.
  [[nodiscard]] virtual Result<std::unique_ptr<SpeechRecogniser>> recogniser(const std::string& model,
                                                                             const std::string& language,
                                                                             const CallBounds& bounds) = 0;
  // A new one, for one stream. Errors of its model's loading.
  [[nodiscard]] virtual Result<std::unique_ptr<SpeechProbability>> detector(const CallBounds& bounds) = 0;
};

}  // namespace hearth
