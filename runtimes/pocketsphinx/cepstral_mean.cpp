#include "cepstral_mean.h"

#include <algorithm>

namespace hearth::pocketsphinx {

bool CepstralMean::begin(fe_t* front_end) {
  front_end_ = front_end;
  sum_ = {};
  n_frames_ = 0;
  if (fe_get_output_size(front_end_) != static_cast<int>(kSize)) return false;
  fe_start_stream(front_end_);
  return fe_start_utt(front_end_) >= 0;
}

void CepstralMean::add(const Cepstrum& cepstrum) {
  for (std::size_t i = 0; i < kSize; ++i) sum_[i] += static_cast<double>(cepstrum[i]);
  ++n_frames_;
}

bool CepstralMean::push(std::span<const std::int16_t> samples) {
  constexpr std::size_t kFramesAtOnce = 32;
  std::array<Cepstrum, kFramesAtOnce> cepstra{};
  std::array<mfcc_t*, kFramesAtOnce> rows{};
  std::ranges::transform(cepstra, rows.begin(), [](Cepstrum& cepstrum) { return cepstrum.data(); });
  const std::int16_t* at = samples.data();
  std::size_t n_left = samples.size();
  while (n_left > 0) {
    const std::size_t n_before = n_left;
    int32 n_frames = kFramesAtOnce;
    int32 first = 0;
    if (fe_process_frames(front_end_, &at, &n_left, rows.data(), &n_frames, &first) < 0) return false;
    if (n_left == n_before && n_frames == 0) return false;  // it would go on for ever
    for (int32 i = 0; i < n_frames; ++i) add(cepstra[static_cast<std::size_t>(i)]);
  }
  return true;
}

bool CepstralMean::finish() {
  Cepstrum last{};
  int32 n_frames = 0;
  if (fe_end_utt(front_end_, last.data(), &n_frames) < 0) return false;
  if (n_frames > 0) add(last);
  return true;
}

std::array<mfcc_t, CepstralMean::kSize> CepstralMean::value() const {
  Cepstrum mean{};
  if (n_frames_ == 0) return mean;
  for (std::size_t i = 0; i < kSize; ++i) mean[i] = static_cast<mfcc_t>(sum_[i] / static_cast<double>(n_frames_));
  return mean;
}

}  // namespace hearth::pocketsphinx
