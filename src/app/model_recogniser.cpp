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
  ModelRecognition(std::unique_ptr<TranscribeStream> stream, std::uint32_t sample_rate_hz)
      : stream_(std::move(stream)), sample_rate_hz_(sample_rate_hz) {}

  [[nodiscard]] Result<Recognised> accept(std::span<const float> samples, const CallBounds& bounds) override {
    HEARTH_ASSIGN(spoken, stream_->accept(samples, bounds));
    n_accepted_ += samples.size();
    // What is not final yet comes last and is told anew by the next call.
    std::vector<SpokenSegment> open;
    while (!spoken.empty() && !spoken.back().is_final) {
      open.push_back(std::move(spoken.back()));
      spoken.pop_back();
    }
    if (!open.empty() || !spoken.empty()) open_ = std::move(open);
    append_final(final_, std::move(spoken), -begin_s_);
    Recognised so_far = final_;
    for (auto at = open_.rbegin(); at != open_.rend(); ++at) append(so_far, *at, -begin_s_);
    return so_far;
  }
  [[nodiscard]] Result<Recognised> finish(const CallBounds& bounds) override {
    HEARTH_ASSIGN(spoken, stream_->finish(bounds));
    append_final(final_, std::move(spoken), -begin_s_);
    open_.clear();
    begin_s_ = static_cast<double>(n_accepted_) / sample_rate_hz_;
    return std::exchange(final_, {});
  }

 private:
  std::unique_ptr<TranscribeStream> stream_;
  const std::uint32_t sample_rate_hz_;
  std::uint64_t n_accepted_ = 0;
  double begin_s_ = 0;  // of the utterance in the model's stream
  Recognised final_;
  std::vector<SpokenSegment> open_;  // backwards
};

}  // namespace

void append_final(Recognised& to, std::vector<SpokenSegment> spoken, double shift_s) {
  for (auto& segment : spoken)
    if (segment.is_final) append(to, std::move(segment), shift_s);
}

ModelRecogniser::ModelRecogniser(std::shared_ptr<TranscribeModel> model, TranscribeOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      facts_{model_->info().sample_rate_hz, model_->info().has_partials, model_->info().window_ms} {}

Result<std::unique_ptr<SpeechRecognition>> ModelRecogniser::begin(bool partials) {
  TranscribeOptions options = options_;
  options.partials = partials;
  HEARTH_ASSIGN(stream, model_->new_stream(options));
  return std::unique_ptr<SpeechRecognition>(
      std::make_unique<ModelRecognition>(std::move(stream), facts_.sample_rate_hz));
}

}  // namespace hearth
