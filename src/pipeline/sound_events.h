// What is to be heard in a recording: YAMNet's classes on any runtime with tensor graphs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "engine/tensor_service.h"

namespace hearth {

struct SoundEvent {
  std::size_t label = 0;
  double start_s = 0;
  double end_s = 0;
  float score = 0;  // the highest of its windows, in [0,1]
};

struct SoundEventOptions {
  float threshold = 0.3F;      // a window's score for a class to be heard. Source: our choice.
  std::size_t labels_max = 5;  // classes of one window, the best first
};

// Externally synchronised. Holds its lane, and by that the model, until it goes. What comes out does not depend on how
// the input was cut into calls. Source: TensorFlow models, research/audioset/yamnet: mono at 16 kHz, windows of 0.975 s
// every 0.4875 s.
class SoundEventDetector {
 public:
  static constexpr std::uint32_t kSampleRateHz = 16'000;
  static constexpr std::size_t kWindow = 15'600;
  static constexpr std::size_t kHop = 7'800;

  // kUnsupported where the graph is no such classifier.
  static Result<std::unique_ptr<SoundEventDetector>> create(std::unique_ptr<TensorLane> lane,
                                                            const SoundEventOptions& options = {});

  [[nodiscard]] std::size_t n_labels() const { return n_labels_; }

  // Appends the events that ended meanwhile, in the order of their ends. kInvalidData: the graph gave no scores.
  [[nodiscard]] Status process(std::span<const float> samples, std::vector<SoundEvent>& out,
                               const CallBounds& bounds = {});
  // Appends the rest: what is behind the last whole window is looked at with silence behind it. Forgets what it heard.
  [[nodiscard]] Status finish(std::vector<SoundEvent>& out, const CallBounds& bounds = {});

 private:
  SoundEventDetector(std::unique_ptr<TensorLane> lane, const SoundEventOptions& options)
      : lane_(std::move(lane)), options_(options) {}
  [[nodiscard]] Status compute_window(std::span<const float> samples, std::vector<SoundEvent>& out,
                                      const CallBounds& bounds);
  void note(std::span<const float> scores, double start_s, double end_s, std::vector<SoundEvent>& out);

  std::unique_ptr<TensorLane> lane_;
  SoundEventOptions options_;
  Shape shape_;
  std::size_t scores_at_ = 0;  // of the graph's outputs
  std::size_t n_labels_ = 0;
  std::vector<float> waiting_;  // from the next window's start on
  std::uint64_t start_ = 0;     // of the next window, in samples
  std::vector<SoundEvent> open_;
  std::vector<std::size_t> order_;
};

// The names in a file of one line a class: "index,mid,display name" (YAMNet's class map, with its head line) or bare
// names. kInvalidData where that is not as many as `n_labels`.
[[nodiscard]] Result<std::vector<std::string>> read_sound_labels(std::string_view text, std::size_t n_labels);

}  // namespace hearth
