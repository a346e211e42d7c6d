#include "pipeline/turn_cutter.h"

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

constexpr std::uint32_t kRateHz = SpeechProbability::kSampleRateHz;

std::uint64_t samples_of(std::uint32_t ms) { return std::uint64_t{ms} * kRateHz / 1000; }

SpeechDetectionOptions detection_of(const TurnOptions& options) {
  SpeechDetectionOptions detection;
  detection.threshold = options.threshold;
  detection.threshold_off = std::max(options.threshold - 0.15F, 0.01F);  // Source: as silero-vad 6 takes it
  detection.min_speech_ms = 0;
  detection.min_silence_ms = options.silence_ms;
  detection.sample_rate_hz = kRateHz;
  detection.frame_samples = SpeechProbability::kFrameSamples;
  return detection;
}

}  // namespace

TurnCutter::TurnCutter(std::unique_ptr<SpeechProbability> probability, const TurnOptions& options,
                       TurnListener listener)
    : probability_(std::move(probability)),
      options_(options),
      listener_(std::move(listener)),
      detector_(detection_of(options)) {}

Status TurnCutter::push(std::span<const float> samples, const CallBounds& bounds) {
  while (!samples.empty()) {
    const std::size_t n = std::min(samples.size(), SpeechProbability::kFrameSamples - frame_.size());
    frame_.insert(frame_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(n));
    samples = samples.subspan(n);
    if (frame_.size() == SpeechProbability::kFrameSamples) HEARTH_TRY(take_frame(bounds));
  }
  return {};
}

Status TurnCutter::take_frame(const CallBounds& bounds) {
  HEARTH_ASSIGN(probability, probability_->next(frame_, bounds));
  (void)detector_.push(probability);
  n_judged_ += frame_.size();
  if (in_turn_)
    listener_.speech(frame_);
  else
    held_.insert(held_.end(), frame_.begin(), frame_.end());
  frame_.clear();
  const auto speech = detector_.speech_begin();
  if (in_turn_ && !speech) {
    in_turn_ = false;
    listener_.stopped(n_judged_);
  } else if (!in_turn_ && speech && n_judged_ - (detector_origin_ + *speech) >= samples_of(options_.speech_ms)) {
    begin_turn(detector_origin_ + *speech);
  }
  // A turn may begin with what is held of the last frames, and its prefix before that.
  const std::size_t most = samples_of(options_.prefix_ms + options_.speech_ms) + 2 * SpeechProbability::kFrameSamples;
  if (held_.size() > most) held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(most));
  return {};
}

void TurnCutter::begin_turn(std::uint64_t speech_begin) {
  const std::uint64_t held_begin = n_judged_ - held_.size();
  const std::uint64_t prefix = std::min(speech_begin, samples_of(options_.prefix_ms));
  const std::uint64_t begin = std::max(held_begin, speech_begin - prefix);
  in_turn_ = true;
  listener_.started(begin);
  listener_.speech(std::span(held_).subspan(begin - held_begin));
  held_.clear();
}

void TurnCutter::forget() {
  in_turn_ = false;
  held_.clear();
  detector_ = SpeechDetector(detection_of(options_));
  detector_origin_ = n_judged_;
}

}  // namespace hearth
