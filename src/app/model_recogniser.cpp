#include "app/model_recogniser.h"

#include <utility>

namespace hearth {
namespace {

void append(Recognised& to, SpokenSegment from, double shift_s) {
  TranscriptSegment segment{from.start_s + shift_s, from.end_s + shift_s, std::move(from.text), from.confidence, {}};
  for (auto& word : from.words)
    segment.words.push_back({std::move(word.text), word.start_s + shift_s, word.end_s + shift_s, word.confidence});
  to.segments.push_back(std::move(segment));
  if (to.language.empty()) to.language = std::move(from.language);
}

class ModelRecognition final : public SpeechRecognition {
 public:
  explicit ModelRecognition(std::unique_ptr<TranscribeStream> stream) : stream_(std::move(stream)) {}

  [[nodiscard]] Result<Recognised> accept(std::span<const float> samples, const CallBounds& bounds) override {
    HEARTH_ASSIGN(spoken, stream_->accept(samples, bounds));
    // What is not final yet comes last and is told anew by the next call.
    std::vector<SpokenSegment> open;
    while (!spoken.empty() && !spoken.back().is_final) {
      open.push_back(std::move(spoken.back()));
      spoken.pop_back();
    }
    if (!open.empty() || !spoken.empty()) open_ = std::move(open);
    append_final(final_, std::move(spoken));
    Recognised so_far = final_;
    for (auto at = open_.rbegin(); at != open_.rend(); ++at) append(so_far, *at, 0);
    return so_far;
  }
  [[nodiscard]] Result<Recognised> finish(const CallBounds& bounds) override {
    HEARTH_ASSIGN(spoken, stream_->finish(bounds));
    append_final(final_, std::move(spoken));
    return std::move(final_);
  }

 private:
  std::unique_ptr<TranscribeStream> stream_;
  Recognised final_;
  std::vector<SpokenSegment> open_;  // backwards
};

}  // namespace

void append_final(Recognised& to, std::vector<SpokenSegment> spoken, double shift_s) {
  for (auto& segment : spoken)
    if (segment.is_final) append(to, std::move(segment), shift_s);
}

// An engine that takes audio of any length works as it comes; one with a window begins at an utterance's end.
ModelRecogniser::ModelRecogniser(std::shared_ptr<TranscribeModel> model, TranscribeOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      facts_{model_->info().sample_rate_hz, model_->info().has_partials,
             model_->info().has_partials && model_->info().window_ms == 0, model_->info().window_ms} {}

Result<std::unique_ptr<SpeechRecognition>> ModelRecogniser::begin(bool partials) {
  TranscribeOptions options = options_;
  options.partials = partials;
  HEARTH_ASSIGN(stream, model_->new_stream(options));
  return std::unique_ptr<SpeechRecognition>(std::make_unique<ModelRecognition>(std::move(stream)));
}

}  // namespace hearth
