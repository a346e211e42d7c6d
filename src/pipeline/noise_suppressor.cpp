#include "pipeline/noise_suppressor.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr std::size_t kStateRank = 4;  // [1, layers, units, hidden and cell]

std::size_t place_of_rank(const std::vector<TensorSpec>& ports, bool is_state) {
  const auto found = std::ranges::find_if(
      ports, [is_state](const TensorSpec& port) { return (port.shape.rank() == kStateRank) == is_state; });
  return static_cast<std::size_t>(found - ports.begin());
}

}  // namespace

Status NoiseSuppressor::Half::find_ports(std::size_t width) {
  const auto& ports = lane->facts().ports;
  row = place_of_rank(ports.inputs, false);
  state = place_of_rank(ports.inputs, true);
  out_row = place_of_rank(ports.outputs, false);
  out_state = place_of_rank(ports.outputs, true);
  const Unexpected other =
      fail(ErrorCode::kUnsupported, lane->facts().name + " is no noise suppressor that is known here",
           "use DTLN's two graphs as ONNX, the one on magnitudes first");
  if (ports.inputs.size() != 2 || ports.outputs.size() != 2 || row == 2 || state == 2 || out_row == 2 || out_state == 2)
    return other;
  shapes[row] = {1, 1, static_cast<std::int64_t>(width)};
  shapes[state] = ports.inputs[state].shape;
  shapes[state][0] = 1;
  const auto size = shapes[state].n_elements();
  if (!size || *size == 0 || *size > (1U << 20U) || !ports.inputs[row].shape.admits(shapes[row])) return other;
  memory.assign(*size, 0);
  return {};
}

Status NoiseSuppressor::Half::run(std::span<float> values, const CallBounds& bounds) {
  HEARTH_ASSIGN(inputs, lane->inputs(shapes));
  HEARTH_ASSIGN(in, inputs[row].span<float>());
  HEARTH_ASSIGN(before, inputs[state].span<float>());
  std::ranges::copy(values, in.begin());
  std::ranges::copy(memory, before.begin());
  HEARTH_ASSIGN(outputs, lane->run(bounds));
  HEARTH_ASSIGN(made, outputs[out_row].span<const float>());
  HEARTH_ASSIGN(after, outputs[out_state].span<const float>());
  if (made.size() != values.size() || after.size() != memory.size() ||
      std::ranges::any_of(made, [](float v) { return !std::isfinite(v); }))
    return fail(ErrorCode::kInvalidData, "the noise suppressor gave no sound", "get its files anew");
  std::ranges::copy(made, values.begin());
  std::ranges::copy(after, memory.begin());
  return {};
}

Result<std::unique_ptr<NoiseSuppressor>> NoiseSuppressor::create(std::unique_ptr<TensorLane> magnitudes,
                                                                 std::unique_ptr<TensorLane> samples) {
  std::unique_ptr<NoiseSuppressor> made(new NoiseSuppressor());
  made->magnitudes_.lane = std::move(magnitudes);
  made->samples_.lane = std::move(samples);
  HEARTH_TRY(made->magnitudes_.find_ports(kBins));
  HEARTH_TRY(made->samples_.find_ports(kBlock));
  HEARTH_ASSIGN(fft, RealFft::create(kBlock));
  made->fft_ = std::move(fft);
  return made;
}

// The phases stay as they are: the mask only makes bins quieter or louder.
Status NoiseSuppressor::compute_hop(const CallBounds& bounds) {
  fft_->transform(heard_, spectrum_);
  std::ranges::transform(spectrum_, mask_.begin(), [](const auto& bin) { return std::abs(bin); });
  HEARTH_TRY(magnitudes_.run(mask_, bounds));
  for (std::size_t i = 0; i < kBins; ++i) spectrum_[i] *= mask_[i];
  fft_->invert(spectrum_, block_);
  HEARTH_TRY(samples_.run(block_, bounds));
  for (std::size_t i = 0; i < kBlock; ++i) said_[i] += block_[i];
  return {};
}

void NoiseSuppressor::emit(std::vector<float>& out) {
  const std::size_t drop = std::min(kHop, kDelay - n_dropped_);
  n_dropped_ += drop;
  const std::size_t n = std::min<std::uint64_t>(kHop - drop, n_in_ - n_out_);
  out.insert(out.end(), said_.begin() + static_cast<std::ptrdiff_t>(drop),
             said_.begin() + static_cast<std::ptrdiff_t>(drop + n));
  n_out_ += n;
  std::shift_left(said_.begin(), said_.end(), kHop);
  std::fill(said_.end() - kHop, said_.end(), 0.0F);
}

Status NoiseSuppressor::accept(std::span<const float> in, std::vector<float>& out, const CallBounds& bounds) {
  while (!in.empty()) {
    const std::size_t n = std::min(in.size(), kHop - n_new_);
    std::shift_left(heard_.begin(), heard_.end(), static_cast<std::ptrdiff_t>(n));
    std::ranges::copy(in.first(n), heard_.end() - static_cast<std::ptrdiff_t>(n));
    in = in.subspan(n);
    n_new_ += n;
    if (n_new_ < kHop) break;
    n_new_ = 0;
    HEARTH_TRY(compute_hop(bounds));
    emit(out);
  }
  return {};
}

Status NoiseSuppressor::process(std::span<const float> in, std::vector<float>& out, const CallBounds& bounds) {
  n_in_ += in.size();
  return accept(in, out, bounds);
}

Status NoiseSuppressor::finish(std::vector<float>& out, const CallBounds& bounds) {
  const std::array<float, kHop> silence{};
  Status done;
  while (done && n_out_ < n_in_) done = accept(std::span(silence).first(kHop - n_new_), out, bounds);
  forget();
  return done;
}

void NoiseSuppressor::forget() {
  heard_.fill(0);
  said_.fill(0);
  std::ranges::fill(magnitudes_.memory, 0.0F);
  std::ranges::fill(samples_.memory, 0.0F);
  n_new_ = n_dropped_ = 0;
  n_in_ = n_out_ = 0;
}

}  // namespace hearth
