// Speech out of noise, sample for sample as it comes: DTLN's two graphs on any runtime with tensor graphs.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/real_fft.h"
#include "base/call_bounds.h"
#include "engine/tensor_service.h"

namespace hearth {

// Externally synchronised. Holds its lanes, and by that the models, until it goes. What comes out does not depend on
// how the input was cut into calls, and lines up with it: the graphs' delay is taken off. Source: Westhausen, Meyer,
// "Dual-signal transformation LSTM network for real-time noise suppression", 2020: at 16 kHz blocks of 512 samples
// every 128; the first graph masks magnitudes, the second works on the samples.
class NoiseSuppressor {
 public:
  static constexpr std::uint32_t kSampleRateHz = 16'000;
  static constexpr std::size_t kBlock = 512;
  static constexpr std::size_t kHop = 128;

  // kUnsupported where the graphs are no such pair; errors of RealFft::create.
  static Result<std::unique_ptr<NoiseSuppressor>> create(std::unique_ptr<TensorLane> magnitudes,
                                                         std::unique_ptr<TensorLane> samples);

  // Appends to `out` what can be told so far: 24 ms and a hop are held back. kInvalidData: the graphs gave no numbers.
  [[nodiscard]] Status process(std::span<const float> in, std::vector<float>& out, const CallBounds& bounds = {});
  // Appends the rest, so that as much came out as went in, and forgets what it heard: for the next recording.
  [[nodiscard]] Status finish(std::vector<float>& out, const CallBounds& bounds = {});

 private:
  static constexpr std::size_t kBins = kBlock / 2 + 1;
  static constexpr std::size_t kDelay = kBlock - kHop;

  // One of the graphs: a row of values in, one out, and a state that goes round.
  struct Half {
    std::unique_ptr<TensorLane> lane;
    std::array<Shape, 2> shapes;
    std::size_t row = 0, state = 0, out_row = 0, out_state = 0;
    std::vector<float> memory;
    [[nodiscard]] Status find_ports(std::size_t width);
    // Replaces `values` by what the graph makes of them.
    [[nodiscard]] Status run(std::span<float> values, const CallBounds& bounds);
  };

  NoiseSuppressor() = default;
  [[nodiscard]] Status accept(std::span<const float> in, std::vector<float>& out, const CallBounds& bounds);
  [[nodiscard]] Status compute_hop(const CallBounds& bounds);
  void emit(std::vector<float>& out);
  void forget();

  Half magnitudes_, samples_;
  std::unique_ptr<RealFft> fft_;
  std::array<float, kBlock> heard_{};  // the last block of input
  std::array<float, kBlock> said_{};   // what blocks so far add up to, from the next hop to come out on
  std::size_t n_new_ = 0;              // samples of heard_ since the last hop, at its end
  std::size_t n_dropped_ = 0;          // of the delay
  std::uint64_t n_in_ = 0;
  std::uint64_t n_out_ = 0;
  std::array<std::complex<float>, kBins> spectrum_;
  std::array<float, kBins> mask_;
  std::array<float, kBlock> block_;
};

}  // namespace hearth
