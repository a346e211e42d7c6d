#include "pipeline/vocoder.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace hearth {
namespace {

// Windows are multiples of this: a graph is prepared anew for each shape that it meets, and there are few so.
constexpr std::size_t kGranuleFrames = 64;

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

Shape features_shape(std::size_t n_mels, std::size_t n_frames) {
  return Shape{1, static_cast<std::int64_t>(n_mels), static_cast<std::int64_t>(n_frames)};
}

}  // namespace

Result<std::unique_ptr<Vocoder>> Vocoder::create(std::unique_ptr<TensorLane> lane, const VocoderOptions& options) {
  const auto& ports = lane->facts().ports;
  VocoderOptions granted = options;
  const bool is_fixed = ports.inputs.size() == 1 && ports.inputs[0].shape.rank() == 3 && ports.inputs[0].shape[2] > 0;
  if (is_fixed) granted.window_frames = static_cast<std::size_t>(ports.inputs[0].shape[2]);
  granted.first_window_frames =
      is_fixed ? granted.window_frames : std::min(granted.first_window_frames, granted.window_frames);
  const Shape wanted = features_shape(granted.n_mels, granted.window_frames);
  if (ports.inputs.size() != 1 || ports.outputs.size() != 1 || ports.inputs[0].type != DataType::kF32 ||
      !ports.inputs[0].shape.admits(wanted))
    return fail(ErrorCode::kUnsupported, lane->facts().name + " is no vocoder for log-mel features " + wanted.text(),
                "use a vocoder that takes [1, n_mels, n_frames] and nothing else, such as HiFi-GAN");
  if (granted.first_window_frames <= 2 * granted.context_frames)
    return fail(
        ErrorCode::kInvalidArgument,
        "a window of " + std::to_string(granted.first_window_frames) + " frames leaves nothing beside its context",
        "compile the vocoder for more frames at once");
  return std::unique_ptr<Vocoder>(new Vocoder(std::move(lane), granted, is_fixed));
}

// The smallest window that holds `n_frames`, else the largest.
std::size_t Vocoder::window_for(std::size_t n_frames, std::size_t window_max) const {
  if (is_fixed_) return options_.window_frames;
  const std::size_t rounded = (n_frames + kGranuleFrames - 1) / kGranuleFrames * kGranuleFrames;
  return std::min(rounded, window_max);
}

// The window whose first frame is `first` of the features, which may end earlier: their last frame is repeated then.
Result<std::span<const float>> Vocoder::run(std::span<const float> mel, std::size_t first, std::size_t window,
                                            const CallBounds& bounds) {
  const std::size_t n_frames = mel.size() / options_.n_mels;
  const Shape shape = features_shape(options_.n_mels, window);
  HEARTH_ASSIGN(inputs, lane_->inputs(std::span(&shape, 1)));
  HEARTH_ASSIGN(input, inputs[0].span<float>());
  const std::size_t n = std::min(window, n_frames - first);
  for (std::size_t band = 0; band < options_.n_mels; ++band) {
    const auto from = mel.subspan(band * n_frames + first, n);
    const auto to = input.subspan(band * window, window);
    std::ranges::copy(from, to.begin());
    std::ranges::fill(to.subspan(n), from.back());
  }
  HEARTH_ASSIGN(outputs, lane_->run(bounds));
  HEARTH_ASSIGN(samples, outputs[0].span<const float>());
  if (samples.size() != window * options_.hop || !all_finite(samples))
    return fail(ErrorCode::kInvalidData,
                "the vocoder gave " + std::to_string(samples.size()) + " samples for " + std::to_string(window) +
                    " frames of " + std::to_string(options_.hop) + ", or some that are no numbers",
                "get its file anew, or name its hop");
  return samples;
}

Status Vocoder::synthesise(std::span<const float> mel, const CallBounds& bounds,
                           const std::function<bool(std::span<const float>)>& receive) {
  if (mel.empty() || mel.size() % options_.n_mels != 0)
    return fail(ErrorCode::kInvalidArgument, std::to_string(mel.size()) + " values are no log-mel features of " +
                                                 std::to_string(options_.n_mels) + " bands");
  if (!all_finite(mel)) return fail(ErrorCode::kInvalidData, "the log-mel features hold values that are no numbers");
  const std::size_t n_frames = mel.size() / options_.n_mels;
  const std::size_t context = options_.context_frames;
  for (std::size_t done = 0; done < n_frames;) {
    const std::size_t before = std::min(done, context);
    const std::size_t first = done - before;
    const std::size_t window =
        window_for(n_frames - first, done == 0 ? options_.first_window_frames : options_.window_frames);
    const bool is_last = first + window >= n_frames;
    const std::size_t end = is_last ? n_frames : first + window - context;
    HEARTH_ASSIGN(samples, run(mel, first, window, bounds));
    if (!receive(samples.subspan(before * options_.hop, (end - done) * options_.hop)))
      return fail(ErrorCode::kCancelled, "the sound is wanted no more");
    done = end;
  }
  return {};
}

}  // namespace hearth
