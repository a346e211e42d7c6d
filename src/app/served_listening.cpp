#include "app/served_listening.h"

#include <algorithm>
#include <utility>

#include "app/model_recogniser.h"

namespace hearth {
namespace {

// Tells the engine that the model has proved itself.
class LoanedRecognition final : public SpeechRecognition {
 public:
  LoanedRecognition(std::unique_ptr<SpeechRecognition> below, SpeechLoan& loan)
      : below_(std::move(below)), loan_(loan) {}
  [[nodiscard]] Result<Recognised> accept(std::span<const float> samples, const CallBounds& bounds) override {
    return below_->accept(samples, bounds);
  }
  [[nodiscard]] Result<Recognised> finish(const CallBounds& bounds) override {
    HEARTH_ASSIGN(heard, below_->finish(bounds));
    loan_.answered();
    return heard;
  }

 private:
  std::unique_ptr<SpeechRecognition> below_;
  SpeechLoan& loan_;
};

// Keeps the model from being evicted while it is held.
class LoanedRecogniser final : public SpeechRecogniser {
 public:
  LoanedRecogniser(std::unique_ptr<SpeechLoan> loan, TranscribeOptions options)
      : loan_(std::move(loan)), recogniser_(loan_->model(), std::move(options)) {}
  [[nodiscard]] const SpeechModelFacts& facts() const override { return recogniser_.facts(); }
  [[nodiscard]] Result<std::unique_ptr<SpeechRecognition>> begin(bool partials) override {
    HEARTH_ASSIGN(begun, recogniser_.begin(partials));
    return std::unique_ptr<SpeechRecognition>(std::make_unique<LoanedRecognition>(std::move(begun), *loan_));
  }

 private:
  std::unique_ptr<SpeechLoan> loan_;
  ModelRecogniser recogniser_;
};

bool is_called(const ModelFacts& facts, const std::string& name) {
  return facts.name == name || std::ranges::find(facts.aliases, name) != facts.aliases.end();
}

}  // namespace

std::vector<std::string> ServedListening::models() const {
  std::vector<std::string> names;
  for (const auto& facts : directory_.models())
    if (facts.kind == ModelKind::kSpeech) names.push_back(facts.name);
  return names;
}

Result<std::unique_ptr<SpeechRecogniser>> ServedListening::recogniser(const std::string& model,
                                                                      const std::string& language,
                                                                      const CallBounds& bounds) {
  HEARTH_ASSIGN(loan, speech_.borrow(model, bounds));
  TranscribeOptions options;
  options.language = language;
  return std::unique_ptr<SpeechRecogniser>(std::make_unique<LoanedRecogniser>(std::move(loan), std::move(options)));
}

Result<std::unique_ptr<SpeechProbability>> ServedListening::detector(const CallBounds& bounds) {
  for (const auto& facts : directory_.models()) {
    if (facts.kind != ModelKind::kTensor || !is_called(facts, kDetectorName)) continue;
    HEARTH_ASSIGN(lane, tensors_.borrow(facts.name, bounds));
    HEARTH_ASSIGN(detector, VoiceDetector::create(std::move(lane)));
    return probability_of_detector(std::move(detector));
  }
  return probability_of_loudness();
}

}  // namespace hearth
