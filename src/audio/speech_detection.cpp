#include "audio/speech_detection.h"

#include <algorithm>

namespace hearth {
namespace {

std::uint64_t samples_of(std::uint32_t ms, std::uint32_t sample_rate_hz) {
  return std::uint64_t{ms} * sample_rate_hz / 1000;
}

void pad(std::vector<SpeechSegment>& segments, std::uint64_t n_samples, std::uint64_t pad_samples) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    auto& segment = segments[i];
    if (i == 0) segment.begin -= std::min(segment.begin, pad_samples);
    if (i + 1 == segments.size()) {
      segment.end = std::min(segment.end + pad_samples, n_samples);
      break;
    }
    auto& next = segments[i + 1];
    const std::uint64_t pause = next.begin - segment.end;
    const std::uint64_t each = pause < 2 * pad_samples ? pause / 2 : pad_samples;
    segment.end += each;
    next.begin -= each;
  }
}

}  // namespace

SpeechDetector::SpeechDetector(const SpeechDetectionOptions& options)
    : options_(options),
      min_speech_(samples_of(options.min_speech_ms, options.sample_rate_hz)),
      min_silence_(samples_of(options.min_silence_ms, options.sample_rate_hz)),
      min_cut_silence_(samples_of(options.min_cut_silence_ms, options.sample_rate_hz)),
      // As long as one frame and the pads on both sides still fit.
      max_speech_(options.max_speech_s * options.sample_rate_hz - static_cast<double>(options.frame_samples) -
                  2.0 * static_cast<double>(samples_of(options.pad_ms, options.sample_rate_hz))) {}

std::optional<SpeechSegment> SpeechDetector::close(std::uint64_t end) {
  const SpeechSegment segment{*begin_, end};
  begin_.reset();
  pause_begin_.reset();
  longest_pause_.reset();
  if (segment.end - segment.begin <= min_speech_) return std::nullopt;
  return segment;
}

// The open segment is too long: ends it in its longest pause and goes on after that, or ends it here.
std::optional<SpeechSegment> SpeechDetector::cut(std::uint64_t now) {
  if (!longest_pause_) return close(now);
  const Pause pause = *longest_pause_;
  const SpeechSegment segment{*begin_, pause.begin};
  begin_ = pause.begin + pause.length;
  pause_begin_.reset();
  longest_pause_.reset();
  return segment;
}

std::optional<SpeechSegment> SpeechDetector::push(float probability) {
  const std::uint64_t now = n_samples();
  ++n_frames_;
  const bool is_speech = probability >= options_.threshold;
  if (is_speech && pause_begin_) {
    const std::uint64_t length = now - *pause_begin_;
    if (!options_.patience_s && length > min_cut_silence_ && (!longest_pause_ || length > longest_pause_->length))
      longest_pause_ = Pause{*pause_begin_, length};
    pause_begin_.reset();
  }
  if (!begin_) {
    if (is_speech) begin_ = now;
    return std::nullopt;
  }
  if (static_cast<double>(now - *begin_) > max_speech_) {
    auto segment = cut(now);
    if (!begin_ || probability >= options_.threshold_off) return segment;
    pause_begin_ = now;  // cut in a pause that is short as yet
    return segment;
  }
  if (probability >= options_.threshold_off) return std::nullopt;
  if (!pause_begin_) pause_begin_ = now;
  if (now - *pause_begin_ < silence_that_ends(now)) return std::nullopt;
  return close(*pause_begin_);
}

std::uint64_t SpeechDetector::silence_that_ends(std::uint64_t now) const {
  const bool is_long =
      options_.patience_s && static_cast<double>(now - *begin_) > *options_.patience_s * options_.sample_rate_hz;
  return is_long ? std::min(min_silence_, min_cut_silence_) : min_silence_;
}

std::optional<SpeechSegment> SpeechDetector::finish(std::uint64_t n_samples) {
  if (!begin_ || n_samples <= *begin_) return std::nullopt;
  return close(n_samples);
}

std::vector<SpeechSegment> detect_speech(std::span<const float> probabilities, std::uint64_t n_samples,
                                         const SpeechDetectionOptions& options) {
  SpeechDetector detector(options);
  std::vector<SpeechSegment> segments;
  const auto take = [&segments](const std::optional<SpeechSegment>& segment) {
    if (segment) segments.push_back(*segment);
  };
  for (const float probability : probabilities) take(detector.push(probability));
  take(detector.finish(n_samples));
  pad(segments, n_samples, samples_of(options.pad_ms, options.sample_rate_hz));
  return segments;
}

}  // namespace hearth
