// Where speech begins and ends, from a voice detector's probabilities. Pure: the detector itself is a model elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace hearth {

// Source of the defaults: silero-vad 6, get_speech_timestamps.
struct SpeechDetectionOptions {
  float threshold = 0.5F;              // a frame of at least this probability may begin or prolong speech
  float threshold_off = 0.35F;         // only one below this may end it
  std::uint32_t min_speech_ms = 250;   // what is not longer is no speech
  std::uint32_t min_silence_ms = 100;  // hang-over: silence that ends speech
  std::uint32_t pad_ms = 30;           // added on both sides
  double max_speech_s =
      std::numeric_limits<double>::infinity();  // what is longer is cut, in a pause where there is one
  // A pause has to be longer than this for longer speech to be cut there.
  std::uint32_t min_cut_silence_ms = 98;
  // For listeners, who can't wait to see which pause is the longest: speech of so many seconds ends with the next pause
  // that is longer than min_cut_silence_ms, and where none comes at its longest. Absent: it is cut in its longest
  // pause.
  std::optional<double> patience_s = {};
  std::uint32_t sample_rate_hz = 16'000;
  std::size_t frame_samples = 512;
};

// Samples [begin, end) of the stream.
struct SpeechSegment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const SpeechSegment&) const = default;
};

// Takes one probability a frame. Externally synchronised.
class SpeechDetector {
 public:
  explicit SpeechDetector(const SpeechDetectionOptions& options = {});

  // A segment that is complete with this frame: its hang-over is over, or it reached its longest. Not padded.
  [[nodiscard]] std::optional<SpeechSegment> push(float probability);
  // What is still open when the stream ends after `n_samples`.
  [[nodiscard]] std::optional<SpeechSegment> finish(std::uint64_t n_samples);

  // The first sample of the speech that is going on; absent in silence. It may yet turn out too short.
  [[nodiscard]] std::optional<std::uint64_t> speech_begin() const { return begin_; }
  // Whether it is long enough to be told.
  [[nodiscard]] bool will_be_told() const {
    return begin_ && pause_begin_.value_or(n_samples()) - *begin_ > min_speech_;
  }
  // The first sample of the pause that may end it; absent while somebody speaks.
  [[nodiscard]] std::optional<std::uint64_t> pause_begin() const { return pause_begin_; }
  // Samples that were judged.
  [[nodiscard]] std::uint64_t n_samples() const { return n_frames_ * options_.frame_samples; }
  [[nodiscard]] const SpeechDetectionOptions& options() const { return options_; }

 private:
  struct Pause {
    std::uint64_t begin = 0;
    std::uint64_t length = 0;
  };
  [[nodiscard]] std::optional<SpeechSegment> cut(std::uint64_t now);
  [[nodiscard]] std::optional<SpeechSegment> close(std::uint64_t end);
  [[nodiscard]] std::uint64_t silence_that_ends(std::uint64_t now) const;

  SpeechDetectionOptions options_;
  std::uint64_t min_speech_, min_silence_, min_cut_silence_;  // in samples
  double max_speech_;
  std::uint64_t n_frames_ = 0;
  std::optional<std::uint64_t> begin_;
  std::optional<std::uint64_t> pause_begin_;
  std::optional<Pause> longest_pause_;  // of the open segment, where it could be cut
};

// The segments of a whole recording of `n_samples`, padded; where two would overlap the pause is shared between them.
[[nodiscard]] std::vector<SpeechSegment> detect_speech(std::span<const float> probabilities, std::uint64_t n_samples,
                                                       const SpeechDetectionOptions& options = {});

}  // namespace hearth
