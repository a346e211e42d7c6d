// Log-mel features to sound: a vocoder such as HiFi-GAN on any runtime with tensor graphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/call_bounds.h"
#include "engine/tensor_service.h"

namespace hearth {

// What the features of a vocoder are (mel_spectrogram.h tells how they are made), and how many it computes at once.
struct VocoderOptions {
  // Source of the first three: HiFi-GAN (Kong et al. 2020) trained on LJSpeech.
  std::uint32_t sample_rate_hz = 22'050;
  std::size_t n_mels = 80;
  std::size_t hop = 256;  // samples a frame
  // Frames of the first run, so that sound comes early, and of the others. Graphs whose number of frames is fixed
  // overrule both.
  std::size_t first_window_frames = 128;
  std::size_t window_frames = 512;
  // Frames on both sides that a window sees beyond what it gives, so that windows join without a seam.
  // Source: the generator's receptive field, from its kernels and dilations: under 13 frames to each side for the
  // authors' largest configuration, less for the others.
  std::size_t context_frames = 13;
};

// Externally synchronised. Holds its lane until it goes.
class Vocoder {
 public:
  // kUnsupported: the graph doesn't take [1, n_mels, n_frames] alone. kInvalidArgument: a window that is no longer than
  // its context on both sides.
  static Result<std::unique_ptr<Vocoder>> create(std::unique_ptr<TensorLane> lane, const VocoderOptions& options = {});

  // Features [n_mels, n_frames] to n_frames * hop samples in [-1,1], handed over window by window in their order, each
  // borrowed for the call. Memory doesn't grow with n_frames. kInvalidArgument: a size that is no multiple of n_mels,
  // or 0; kInvalidData: features that are no numbers, or the model gives another number of samples, or some that are
  // no numbers; kCancelled when `receive` returns false.
  [[nodiscard]] Status synthesise(std::span<const float> mel, const CallBounds& bounds,
                                  const std::function<bool(std::span<const float>)>& receive);

  [[nodiscard]] const VocoderOptions& options() const { return options_; }

 private:
  Vocoder(std::unique_ptr<TensorLane> lane, const VocoderOptions& options, bool is_fixed)
      : lane_(std::move(lane)), options_(options), is_fixed_(is_fixed) {}
  [[nodiscard]] std::size_t window_for(std::size_t n_frames, std::size_t window_max) const;
  [[nodiscard]] Result<std::span<const float>> run(std::span<const float> mel, std::size_t first, std::size_t window,
                                                   const CallBounds& bounds);

  std::unique_ptr<TensorLane> lane_;
  VocoderOptions options_;
  bool is_fixed_;
};

}  // namespace hearth
