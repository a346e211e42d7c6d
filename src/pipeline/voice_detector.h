// How likely it is that somebody speaks, frame by frame: Silero's detector on any runtime with tensor graphs.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/call_bounds.h"
#include "engine/tensor_service.h"

namespace hearth {

// Externally synchronised. Holds its lane, and by that the model, until it goes.
class VoiceDetector {
 public:
  // Source: Silero VAD 5 and newer at 16 kHz: 512 new samples a frame behind the last 64 of the frame before.
  static constexpr std::size_t kFrameSamples = 512;
  static constexpr std::uint32_t kSampleRateHz = 16'000;

  // kUnsupported where the graph is no such detector: ports input, state and sr, output and stateN.
  static Result<std::unique_ptr<VoiceDetector>> create(std::unique_ptr<TensorLane> lane);

  // Of the next frame; one that is shorter is followed by silence. kInvalidData: the model gave no probability.
  [[nodiscard]] Result<float> probability(std::span<const float> frame, const CallBounds& bounds = {});
  // Forgets what it heard: for the next recording.
  void reset();

 private:
  static constexpr std::size_t kContextSamples = 64;
  static constexpr std::size_t kStateSize = 2 * 128;

  explicit VoiceDetector(std::unique_ptr<TensorLane> lane) : lane_(std::move(lane)) {}
  struct Places {
    std::size_t input = 0, state = 0, rate = 0, output = 0, new_state = 0;
  };

  std::unique_ptr<TensorLane> lane_;
  Places at_;
  std::array<float, kContextSamples> context_{};
  std::array<float, kStateSize> state_{};
};

}  // namespace hearth
