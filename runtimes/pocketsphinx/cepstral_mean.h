// The mean of an utterance's cepstra, by which features are normalised, while the utterance goes on.
#pragma once

#include <sphinxbase/fe.h>

#include <array>
#include <cstdint>
#include <span>

namespace hearth::pocketsphinx {

// One thread at a time. Borrows a front end, whose settings make the cepstra.
class CepstralMean {
 public:
  static constexpr std::size_t kSize = 13;  // Source: the front end's default -ncep, which the acoustic models keep

  // Begins an utterance. False: the front end gives cepstra of another size, or begins none.
  [[nodiscard]] bool begin(fe_t* front_end);
  // Takes more of it, 16-bit samples at the front end's rate. False: the front end gave it up.
  [[nodiscard]] bool push(std::span<const std::int16_t> samples);
  // The last samples, which make no whole frame, count too.
  [[nodiscard]] bool finish();

  // Zeros where there are no frames.
  [[nodiscard]] std::array<mfcc_t, kSize> value() const;
  // That it is the mean of.
  [[nodiscard]] std::uint64_t n_frames() const { return n_frames_; }

 private:
  using Cepstrum = std::array<mfcc_t, kSize>;
  void add(const Cepstrum& cepstrum);

  fe_t* front_end_ = nullptr;
  std::array<double, kSize> sum_{};
  std::uint64_t n_frames_ = 0;
};

}  // namespace hearth::pocketsphinx
