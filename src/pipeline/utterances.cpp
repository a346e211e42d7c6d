#include "pipeline/utterances.h"

#include <utility>

namespace hearth {
namespace {

class PulledUtterances final : public UtteranceSource {
 public:
  PulledUtterances(MonoReader& reader, std::unique_ptr<UtteranceCutter> cutter)
      : reader_(reader), cutter_(std::move(cutter)) {}

  [[nodiscard]] Result<bool> next(Utterance& out) override {
    while (n_told_ == ended_.size()) {
      if (at_end_) return false;
      ended_.clear();
      n_told_ = 0;
      HEARTH_TRY(reader_.next(block_));
      at_end_ = block_.empty();
      HEARTH_TRY(at_end_ ? cutter_->finish(ended_) : cutter_->push(block_, ended_));
    }
    out = std::move(ended_[n_told_++]);
    return true;
  }

 private:
  MonoReader& reader_;
  std::unique_ptr<UtteranceCutter> cutter_;
  std::vector<float> block_;
  std::vector<Utterance> ended_;  // those of the last block
  std::size_t n_told_ = 0;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<UtteranceSource> cut_utterances(MonoReader& reader, double window_s) {
  return std::make_unique<PulledUtterances>(reader, cut_by_window(window_s, reader.sample_rate_hz()));
}

std::unique_ptr<UtteranceSource> spoken_utterances(MonoReader& reader, VoiceDetector& detector,
                                                   const SpeechDetectionOptions& options, const CallBounds& bounds) {
  return std::make_unique<PulledUtterances>(reader, cut_by_voice(detector, options, bounds));
}

}  // namespace hearth
