#include "pipeline/utterance_cutter.h"

#include <algorithm>

#include "audio/sample_ring.h"

namespace hearth {
namespace {

class WindowCutter final : public UtteranceCutter {
 public:
  WindowCutter(double window_s, std::uint32_t sample_rate_hz)
      : sample_rate_hz_(sample_rate_hz), window_(static_cast<std::size_t>(window_s * sample_rate_hz)) {}

  [[nodiscard]] Status push(std::span<const float> samples, std::vector<Utterance>& ended) override {
    held_.insert(held_.end(), samples.begin(), samples.end());
    while (held_.size() > window_)
      take(quietest_place(std::span(held_).first(window_), first_cut(), sample_rate_hz_), ended);
    return {};
  }
  [[nodiscard]] Status finish(std::vector<Utterance>& ended) override {
    if (!held_.empty()) take(held_.size(), ended);
    return {};
  }

  [[nodiscard]] std::optional<OpenUtterance> open() const override {
    if (held_.empty()) return std::nullopt;
    return OpenUtterance{n_before_, n_before_ + std::min(held_.size(), first_cut())};
  }
  void copy(std::uint64_t first, std::uint64_t last, std::vector<float>& out) const override {
    const auto place = [this](std::uint64_t at) {
      return held_.begin() + static_cast<std::ptrdiff_t>(std::clamp(at, n_before_, end()) - n_before_);
    };
    if (first < last) out.insert(out.end(), place(first), place(last));
  }
  [[nodiscard]] std::uint64_t end() const override { return n_before_ + held_.size(); }

 private:
  [[nodiscard]] std::size_t first_cut() const { return window_ / 3 * 2; }
  void take(std::size_t n, std::vector<Utterance>& ended) {
    const auto cut = held_.begin() + static_cast<std::ptrdiff_t>(n);
    ended.push_back({n_before_, std::vector<float>(held_.begin(), cut)});
    held_.erase(held_.begin(), cut);
    n_before_ += n;
  }

  const std::uint32_t sample_rate_hz_;
  const std::size_t window_;
  std::vector<float> held_;
  std::uint64_t n_before_ = 0;
};

// Speech that goes on and on is cut, so that it can be held.
SpeechDetectionOptions bounded(SpeechDetectionOptions options) {
  constexpr double kHeldSecondsMax = 600;
  options.max_speech_s = std::min(options.max_speech_s, kHeldSecondsMax);
  return options;
}

class VoiceCutter final : public UtteranceCutter {
 public:
  VoiceCutter(VoiceDetector& detector, const SpeechDetectionOptions& options, const CallBounds& bounds)
      : voice_(detector),
        bounds_(bounds),
        speech_(bounded(options)),
        pad_(std::uint64_t{options.pad_ms} * options.sample_rate_hz / 1000),
        // The longest speech, its hang-over and pads, and what may lie around them.
        ring_(static_cast<std::size_t>(
            (speech_.options().max_speech_s + (options.min_silence_ms + 2 * options.pad_ms) / 1000.0 + 2) *
            options.sample_rate_hz)) {
    voice_.reset();
  }

  [[nodiscard]] Status push(std::span<const float> samples, std::vector<Utterance>& ended) override {
    while (!samples.empty()) {
      const auto part = samples.first(std::min(samples.size(), VoiceDetector::kFrameSamples - frame_.size()));
      frame_.insert(frame_.end(), part.begin(), part.end());
      samples = samples.subspan(part.size());
      if (frame_.size() == VoiceDetector::kFrameSamples) HEARTH_TRY(judge_frame(ended));
    }
    return {};
  }
  [[nodiscard]] Status finish(std::vector<Utterance>& ended) override {
    if (!frame_.empty()) HEARTH_TRY(judge_frame(ended));
    if (const auto segment = speech_.finish(ring_.end()); segment) take(*segment, ended);
    return {};
  }

  [[nodiscard]] std::optional<OpenUtterance> open() const override {
    if (!speech_.options().patience_s || !speech_.will_be_told()) return std::nullopt;
    OpenUtterance open{std::max({before_pad(*speech_.speech_begin()), last_end_, ring_.begin()}), ring_.end()};
    if (const auto pause = speech_.pause_begin()) {
      open.may_be_over = *pause + pad_ <= ring_.end();
      open.certain_end = std::min(*pause + pad_, ring_.end());
    }
    return open;
  }
  void copy(std::uint64_t first, std::uint64_t last, std::vector<float>& out) const override {
    const std::uint64_t from = std::clamp(first, ring_.begin(), ring_.end());
    const std::uint64_t to = std::clamp(last, from, ring_.end());
    const std::size_t n_before = out.size();
    out.resize(n_before + static_cast<std::size_t>(to - from));
    ring_.read(from, std::span(out).subspan(n_before));
  }
  [[nodiscard]] std::uint64_t end() const override { return ring_.end(); }

 private:
  // The last frame of a stream is shorter than the others.
  Status judge_frame(std::vector<Utterance>& ended) {
    ring_.push(frame_);
    HEARTH_ASSIGN(probability, voice_.probability(frame_, bounds_));
    frame_.clear();
    if (const auto segment = speech_.push(probability); segment)
      take(*segment, ended);
    else if (!speech_.speech_begin())
      ring_.let_go(before_pad(ring_.end()));  // silence goes, but for the pad of what may begin with the next frame
    return {};
  }

  void take(const SpeechSegment& segment, std::vector<Utterance>& ended) {
    const std::uint64_t end = std::min(segment.end + pad_, ring_.end());
    Utterance utterance;
    utterance.begin = std::max({before_pad(segment.begin), last_end_, ring_.begin()});
    utterance.samples.resize(static_cast<std::size_t>(end - utterance.begin));
    ring_.read(utterance.begin, utterance.samples);
    ended.push_back(std::move(utterance));
    last_end_ = end;
    ring_.let_go(before_pad(speech_.speech_begin().value_or(end)));
  }

  [[nodiscard]] std::uint64_t before_pad(std::uint64_t place) const { return place - std::min(place, pad_); }

  VoiceDetector& voice_;
  CallBounds bounds_;
  SpeechDetector speech_;
  std::uint64_t pad_;
  SampleRing ring_;
  std::vector<float> frame_;  // taken, but not judged yet
  std::uint64_t last_end_ = 0;
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

std::unique_ptr<UtteranceCutter> cut_by_window(double window_s, std::uint32_t sample_rate_hz) {
  return std::make_unique<WindowCutter>(window_s, sample_rate_hz);
}

std::unique_ptr<UtteranceCutter> cut_by_voice(VoiceDetector& detector, const SpeechDetectionOptions& options,
                                              const CallBounds& bounds) {
  return std::make_unique<VoiceCutter>(detector, options, bounds);
}

}  // namespace hearth
