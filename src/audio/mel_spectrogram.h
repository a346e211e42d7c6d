// Log-mel features of mono audio, frame by frame as it comes: each frame is computed once.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/real_fft.h"
#include "hearth/result.h"

namespace hearth {

enum class MelLogarithm : std::uint8_t { kLog10, kNatural };

// How a model's features are made. The mel scale is Slaney's with filters of equal area, the window Hann's (periodic),
// both as librosa has them by default. Source: librosa.filters.mel, Slaney's Auditory Toolbox (1998).
struct MelOptions {
  std::uint32_t sample_rate_hz = 16'000;
  std::size_t n_fft = 400;  // also the window's length
  std::size_t hop = 160;    // samples from frame to frame
  std::size_t n_mels = 80;
  double f_min_hz = 0;
  double f_max_hz = 8'000;
  std::size_t pad = 200;   // samples by which the audio is mirrored at both ends, less than n_fft - hop
  bool is_power = true;    // |X|^2, else |X|
  bool drops_last = true;  // leave out the last frame
  MelLogarithm logarithm = MelLogarithm::kLog10;
  float floor = 1e-10F;  // under the logarithm
};

// Source: openai/whisper audio.py: 16 kHz, n_fft 400, hop 160, centred frames, the last one dropped, log10.
[[nodiscard]] MelOptions whisper_mel_options(std::size_t n_mels = 80);
// Source: HiFi-GAN (Kong et al. 2020, meldataset of the authors' code), LJSpeech: 22.05 kHz, n_fft 1024, hop 256.
[[nodiscard]] MelOptions hifigan_mel_options();

// The filters of `options`, [n_mels, n_fft / 2 + 1], row after row.
[[nodiscard]] std::vector<float> mel_filters(const MelOptions& options);

// One thread at a time. What comes out does not depend on how the audio was cut into calls.
class MelSpectrogram {
 public:
  // kInvalidArgument: sizes of 0, hop and pad together beyond n_fft, a band that is empty or beyond half the rate;
  // errors of RealFft::create.
  static Result<std::unique_ptr<MelSpectrogram>> create(const MelOptions& options);

  // Appends the frames that are complete now: n_mels values each, frame after frame ([n_frames, n_mels]).
  void process(std::span<const float> samples, std::vector<float>& frames);
  // Appends the rest. kInvalidArgument: audio that is not longer than the pad can't be mirrored. Ends the stream.
  [[nodiscard]] Status finish(std::vector<float>& frames);

  [[nodiscard]] const MelOptions& options() const { return options_; }

 private:
  MelSpectrogram(const MelOptions& options, std::unique_ptr<RealFft> fft);
  void mirror_start();
  void compute_frames(std::vector<float>& frames);
  void compute_frame(std::span<const float> samples, std::vector<float>& frames);

  MelOptions options_;
  std::unique_ptr<RealFft> fft_;
  std::vector<float> window_;
  std::vector<float> filters_;
  std::vector<std::size_t> first_bin_, end_bin_;  // of each filter, where it is not 0
  std::vector<float> waiting_;                    // samples from the next frame's first on
  bool started_ = false;                          // the start was mirrored
  std::vector<float> last_frame_;                 // held back while drops_last
  std::vector<float> windowed_;
  std::vector<std::complex<float>> spectrum_;
};

// Whisper's scaling of its log10 features, in place: no lower than 8 below the largest, then (x + 4) / 4.
void normalise_whisper_mel(std::span<float> log_mel);

// [n_frames, n_mels] as [n_mels, n_frames], which models take.
[[nodiscard]] std::vector<float> transposed(std::span<const float> frames, std::size_t n_mels);

}  // namespace hearth
