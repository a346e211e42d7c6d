#include "audio/mel_spectrogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace hearth {
namespace {

// Source: Slaney, Auditory Toolbox (1998): linear below 1 kHz, 27 steps a factor of 6.4 above.
constexpr double kLinearHzPerMel = 200.0 / 3.0;
constexpr double kBreakHz = 1000.0;
constexpr double kBreakMel = kBreakHz / kLinearHzPerMel;
const double kLogStep = std::log(6.4) / 27.0;

double mel_of(double hz) {
  return hz < kBreakHz ? hz / kLinearHzPerMel : kBreakMel + std::log(hz / kBreakHz) / kLogStep;
}
double hz_of(double mel) {
  return mel < kBreakMel ? mel * kLinearHzPerMel : kBreakHz * std::exp(kLogStep * (mel - kBreakMel));
}

Status check(const MelOptions& options) {
  if (options.n_fft == 0 || options.hop == 0 || options.n_mels == 0 || options.pad + options.hop >= options.n_fft)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("mel features of n_fft {}, hop {}, pad {} and {} bands have no meaning", options.n_fft,
                            options.hop, options.pad, options.n_mels));
  const double half_rate = options.sample_rate_hz / 2.0;
  if (options.f_min_hz < 0 || options.f_min_hz >= options.f_max_hz || options.f_max_hz > half_rate)
    return fail(ErrorCode::kInvalidArgument, fmt::format("mel bands from {} to {} Hz don't lie in 0 to {} Hz",
                                                         options.f_min_hz, options.f_max_hz, half_rate));
  return {};
}

}  // namespace

MelOptions whisper_mel_options(std::size_t n_mels) {
  MelOptions options;
  options.n_mels = n_mels;
  return options;
}

MelOptions hifigan_mel_options() {
  return {.sample_rate_hz = 22'050,
          .n_fft = 1024,
          .hop = 256,
          .n_mels = 80,
          .f_min_hz = 0,
          .f_max_hz = 8'000,
          .pad = (1024 - 256) / 2,
          .is_power = false,
          .drops_last = false,
          .logarithm = MelLogarithm::kNatural,
          .floor = 1e-5F};
}

std::vector<float> mel_filters(const MelOptions& options) {
  const std::size_t n_bins = options.n_fft / 2 + 1;
  std::vector<double> corners(options.n_mels + 2);  // where each triangle begins, peaks and ends
  const double low = mel_of(options.f_min_hz);
  const double step = (mel_of(options.f_max_hz) - low) / static_cast<double>(options.n_mels + 1);
  for (std::size_t i = 0; i < corners.size(); ++i) corners[i] = hz_of(low + step * static_cast<double>(i));
  std::vector<float> filters(options.n_mels * n_bins);
  const double bin_hz = static_cast<double>(options.sample_rate_hz) / static_cast<double>(options.n_fft);
  for (std::size_t mel = 0; mel < options.n_mels; ++mel) {
    const double height = 2.0 / (corners[mel + 2] - corners[mel]);
    for (std::size_t bin = 0; bin < n_bins; ++bin) {
      const double hz = bin_hz * static_cast<double>(bin);
      const double rising = (hz - corners[mel]) / (corners[mel + 1] - corners[mel]);
      const double falling = (corners[mel + 2] - hz) / (corners[mel + 2] - corners[mel + 1]);
      filters[mel * n_bins + bin] = static_cast<float>(height * std::max(0.0, std::min(rising, falling)));
    }
  }
  return filters;
}

MelSpectrogram::MelSpectrogram(const MelOptions& options, std::unique_ptr<RealFft> fft)
    : options_(options),
      fft_(std::move(fft)),
      window_(options.n_fft),
      filters_(mel_filters(options)),
      windowed_(options.n_fft),
      spectrum_(options.n_fft / 2 + 1) {
  for (std::size_t i = 0; i < window_.size(); ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(options.n_fft);
    window_[i] = static_cast<float>(0.5 - 0.5 * std::cos(angle));
  }
  const std::size_t n_bins = spectrum_.size();
  for (std::size_t mel = 0; mel < options.n_mels; ++mel) {
    const auto row = std::span(filters_).subspan(mel * n_bins, n_bins);
    const auto is_set = [](float weight) { return weight > 0; };
    const auto first = static_cast<std::size_t>(std::ranges::find_if(row, is_set) - row.begin());
    std::size_t end = n_bins;
    while (end > first && row[end - 1] <= 0) --end;
    first_bin_.push_back(first);
    end_bin_.push_back(end);
  }
}

Result<std::unique_ptr<MelSpectrogram>> MelSpectrogram::create(const MelOptions& options) {
  HEARTH_TRY(check(options));
  HEARTH_ASSIGN(fft, RealFft::create(options.n_fft));
  return std::unique_ptr<MelSpectrogram>(new MelSpectrogram(options, std::move(fft)));
}

// The samples after the first, backwards, before the first; needs one more than it mirrors.
void MelSpectrogram::mirror_start() {
  started_ = true;
  std::vector<float> mirrored(waiting_.begin() + 1, waiting_.begin() + 1 + static_cast<std::ptrdiff_t>(options_.pad));
  waiting_.insert(waiting_.begin(), mirrored.rbegin(), mirrored.rend());
}

void MelSpectrogram::process(std::span<const float> samples, std::vector<float>& frames) {
  waiting_.insert(waiting_.end(), samples.begin(), samples.end());
  if (!started_ && waiting_.size() > options_.pad) mirror_start();
  // What finish() mirrors must still be here then: frames start before it.
  if (started_) compute_frames(frames);
}

Status MelSpectrogram::finish(std::vector<float>& frames) {
  if (!started_)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} samples of audio are too few for features; more than {} are needed", waiting_.size(),
                            options_.pad));
  const std::size_t n = waiting_.size();
  waiting_.resize(n + options_.pad);
  for (std::size_t i = 0; i < options_.pad; ++i) waiting_[n + i] = waiting_[n - 2 - i];
  compute_frames(frames);
  if (!options_.drops_last) frames.insert(frames.end(), last_frame_.begin(), last_frame_.end());
  last_frame_.clear();
  return {};
}

void MelSpectrogram::compute_frames(std::vector<float>& frames) {
  std::size_t at = 0;
  for (; waiting_.size() - at >= options_.n_fft; at += options_.hop) {
    frames.insert(frames.end(), last_frame_.begin(), last_frame_.end());
    last_frame_.clear();
    compute_frame(std::span(waiting_).subspan(at, options_.n_fft), last_frame_);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(at));
}

void MelSpectrogram::compute_frame(std::span<const float> samples, std::vector<float>& frames) {
  std::ranges::transform(samples, window_, windowed_.begin(), std::multiplies<>());
  fft_->transform(windowed_, spectrum_);
  const std::size_t n_bins = spectrum_.size();
  for (std::size_t mel = 0; mel < options_.n_mels; ++mel) {
    double sum = 0;
    for (std::size_t bin = first_bin_[mel]; bin < end_bin_[mel]; ++bin) {
      const float power = std::norm(spectrum_[bin]);
      sum += static_cast<double>(filters_[mel * n_bins + bin]) * (options_.is_power ? power : std::sqrt(power));
    }
    const double floored = std::max(sum, static_cast<double>(options_.floor));
    frames.push_back(
        static_cast<float>(options_.logarithm == MelLogarithm::kLog10 ? std::log10(floored) : std::log(floored)));
  }
}

void normalise_whisper_mel(std::span<float> log_mel) {
  if (log_mel.empty()) return;
  const float lowest = *std::ranges::max_element(log_mel) - 8.0F;
  for (float& value : log_mel) value = (std::max(value, lowest) + 4.0F) / 4.0F;
}

std::vector<float> transposed(std::span<const float> frames, std::size_t n_mels) {
  const std::size_t n_frames = frames.size() / n_mels;
  std::vector<float> out(n_frames * n_mels);
  for (std::size_t frame = 0; frame < n_frames; ++frame)
    for (std::size_t mel = 0; mel < n_mels; ++mel) out[mel * n_frames + frame] = frames[frame * n_mels + mel];
  return out;
}

}  // namespace hearth
