#include "pipeline/utterances.h"

#include <algorithm>
#include <cmath>

#include "audio/sample_ring.h"

namespace hearth {
namespace {

class CutUtterances final : public UtteranceSource {
 public:
  CutUtterances(MonoReader& reader, double window_s)
      : reader_(reader), window_(static_cast<std::size_t>(window_s * reader.sample_rate_hz())) {}

  [[nodiscard]] Result<bool> next(Utterance& out) override {
    while (!at_end_ && waiting_.size() <= window_) {
      HEARTH_TRY(reader_.next(block_));
      at_end_ = block_.empty();
      waiting_.insert(waiting_.end(), block_.begin(), block_.end());
    }
    if (waiting_.empty()) return false;
    const std::size_t n = waiting_.size() <= window_ ? waiting_.size()
                                                     : quietest_place(std::span(waiting_).first(window_),
                                                                      window_ / 3 * 2, reader_.sample_rate_hz());
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(n);
    out.begin = n_before_;
    out.samples.assign(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    n_before_ += n;
    return true;
  }

 private:
  MonoReader& reader_;
  const std::size_t window_;
  std::vector<float> block_;
  std::vector<float> waiting_;
  std::uint64_t n_before_ = 0;
  bool at_end_ = false;
};

// Speech that goes on and on is cut, so that it can be held.
SpeechDetectionOptions bounded(SpeechDetectionOptions options) {
  constexpr double kHeldSecondsMax = 600;
  options.max_speech_s = std::min(options.max_speech_s, kHeldSecondsMax);
  return options;
}

class SpokenUtterances final : public UtteranceSource {
 public:
  SpokenUtterances(MonoReader& reader, VoiceDetector& detector, const SpeechDetectionOptions& options,
                   const CallBounds& bounds)
      : reader_(reader),
        voice_(detector),
        bounds_(bounds),
        speech_(bounded(options)),
        pad_(std::uint64_t{options.pad_ms} * options.sample_rate_hz / 1000),
        // The longest speech, its hang-over and pads, and a block that was read behind them.
        ring_(static_cast<std::size_t>(
            (speech_.options().max_speech_s + (options.min_silence_ms + 2 * options.pad_ms) / 1000.0 + 2) *
            options.sample_rate_hz)) {
    voice_.reset();
  }

  [[nodiscard]] Result<bool> next(Utterance& out) override {
    for (;;) {
      HEARTH_TRY(next_frame());
      if (frame_.empty()) return finish(out);
      HEARTH_ASSIGN(probability, voice_.probability(frame_, bounds_));
      if (const auto segment = speech_.push(probability); segment) return take(*segment, out);
      // Silence is let go, but for the pad of what may begin with the next frame.
      if (!speech_.speech_begin()) ring_.let_go(ring_.end() - std::min(ring_.end(), pad_));
    }
  }

 private:
  // The next frame into frame_: shorter than the others at the end of the recording, then empty.
  Status next_frame() {
    while (!at_end_ && waiting_.size() < VoiceDetector::kFrameSamples) {
      HEARTH_TRY(reader_.next(block_));
      at_end_ = block_.empty();
      waiting_.insert(waiting_.end(), block_.begin(), block_.end());
    }
    const auto n = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), VoiceDetector::kFrameSamples));
    frame_.assign(waiting_.begin(), waiting_.begin() + n);
    waiting_.erase(waiting_.begin(), waiting_.begin() + n);
    ring_.push(frame_);
    return {};
  }

  Result<bool> finish(Utterance& out) {
    if (finished_) return false;
    finished_ = true;
    const auto segment = speech_.finish(ring_.end());
    return segment ? take(*segment, out) : false;
  }

  bool take(const SpeechSegment& segment, Utterance& out) {
    const std::uint64_t begin = std::max(segment.begin - std::min(segment.begin, pad_), last_end_);
    const std::uint64_t end = std::min(segment.end + pad_, ring_.end());
    out.begin = std::max(begin, ring_.begin());
    out.samples.resize(static_cast<std::size_t>(end - out.begin));
    ring_.read(out.begin, out.samples);
    last_end_ = end;
    ring_.let_go(speech_.speech_begin().value_or(end) - std::min(speech_.speech_begin().value_or(end), pad_));
    return true;
  }

  MonoReader& reader_;
  VoiceDetector& voice_;
  CallBounds bounds_;
  SpeechDetector speech_;
  std::uint64_t pad_;
  SampleRing ring_;
  std::vector<float> block_;
  std::vector<float> waiting_;  // read, but not judged yet
  std::vector<float> frame_;
  std::uint64_t last_end_ = 0;
  bool at_end_ = false;
  bool finished_ = false;
};

}  // namespace

std::size_t quietest_place(std::span<const float> samples, std::size_t from, std::uint32_t sample_rate_hz) {
  const std::size_t stretch = sample_rate_hz / 10;
  if (samples.size() < stretch || from > samples.size() - stretch) return samples.size();
  const auto power = [&](std::size_t i) { return static_cast<double>(samples[i]) * samples[i]; };
  double sum = 0;
  for (std::size_t i = from; i < from + stretch; ++i) sum += power(i);
  double least = sum;
  std::size_t best = from;
  for (std::size_t first = from + 1; first + stretch <= samples.size(); ++first) {
    sum += power(first + stretch - 1) - power(first - 1);
    if (sum >= least) continue;
    least = sum;
    best = first;
  }
  return best + stretch / 2;
}

std::unique_ptr<UtteranceSource> cut_utterances(MonoReader& reader, double window_s) {
  return std::make_unique<CutUtterances>(reader, window_s);
}

std::unique_ptr<UtteranceSource> spoken_utterances(MonoReader& reader, VoiceDetector& detector,
                                                   const SpeechDetectionOptions& options, const CallBounds& bounds) {
  return std::make_unique<SpokenUtterances>(reader, detector, options, bounds);
}

}  // namespace hearth
