// Hears a word that wakes an assistant: openWakeWord's three graphs on any runtime with tensor graphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/call_bounds.h"
#include "engine/tensor_service.h"

namespace hearth {

struct WakeWordOptions {
  float threshold = 0.5F;     // Source: openWakeWord's documentation
  double refractory_s = 1.0;  // after a hit nothing is one for so long, nor before the score was below the threshold
};

struct WakeWordHit {
  double at_s = 0;  // the end of the step in which the score passed the threshold
  float score = 0;
};

// Externally synchronised. Holds its lanes, and by that the models, until it goes. What comes out does not depend on
// how the input was cut into calls. Source: openWakeWord: mono at 16 kHz, steps of 80 ms; mel frames every 10 ms of 32
// values, embeddings of 76 frames each, a score of the last 16 embeddings.
class WakeWordDetector {
 public:
  static constexpr std::uint32_t kSampleRateHz = 16'000;
  static constexpr std::size_t kStep = 1'280;

  struct Graphs {
    std::unique_ptr<TensorLane> mel;
    std::unique_ptr<TensorLane> embedding;
    std::unique_ptr<TensorLane> word;
  };
  // Puts silence through the graphs, so that a word at the very start is heard. kUnsupported where one of the graphs is
  // another; errors of running them.
  static Result<std::unique_ptr<WakeWordDetector>> create(Graphs graphs, const WakeWordOptions& options = {},
                                                          const CallBounds& bounds = {});

  // Appends the hits. kInvalidData: a graph gave no numbers. What is no whole step waits for the next call.
  [[nodiscard]] Status process(std::span<const float> samples, std::vector<WakeWordHit>& out,
                               const CallBounds& bounds = {});
  // Of the last step, in [0,1].
  [[nodiscard]] float score() const { return score_; }
  // Forgets what it heard: for the next recording.
  void reset();

 private:
  static constexpr std::size_t kContext = 480;  // samples that a step's first frames look back on
  static constexpr std::size_t kMels = 32;
  static constexpr std::size_t kFrames = 76;
  static constexpr std::size_t kEmbedding = 96;
  static constexpr std::size_t kEmbeddings = 16;

  WakeWordDetector(Graphs graphs, const WakeWordOptions& options) : graphs_(std::move(graphs)), options_(options) {}
  [[nodiscard]] Status check() const;
  [[nodiscard]] Status hear_silence(const CallBounds& bounds);
  [[nodiscard]] Status step(const CallBounds& bounds);

  struct Memory {
    std::vector<float> audio;       // the context and what waits
    std::vector<float> frames;      // [kFrames, kMels]
    std::vector<float> embeddings;  // [kEmbeddings, kEmbedding]
  };
  Graphs graphs_;
  WakeWordOptions options_;
  Memory memory_;
  Memory silence_;  // what was made of silence
  std::uint64_t n_steps_ = 0;
  double quiet_until_s_ = 0;
  bool was_below_ = true;  // since the last hit
  float score_ = 0;
};

}  // namespace hearth
