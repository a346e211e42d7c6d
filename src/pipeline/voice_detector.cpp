#include "pipeline/voice_detector.h"

#include <algorithm>

namespace hearth {
namespace {

// The index of the port of that name; the number of ports where there is none.
std::size_t place_of(const std::vector<TensorSpec>& ports, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(ports, name, &TensorSpec::name) - ports.begin());
}

}  // namespace

Result<std::unique_ptr<VoiceDetector>> VoiceDetector::create(std::unique_ptr<TensorLane> lane) {
  std::unique_ptr<VoiceDetector> made(new VoiceDetector(std::move(lane)));
  const auto& ports = made->lane_->facts().ports;
  made->at_ = {place_of(ports.inputs, "input"), place_of(ports.inputs, "state"), place_of(ports.inputs, "sr"),
               place_of(ports.outputs, "output"), place_of(ports.outputs, "stateN")};
  const std::size_t n_in = ports.inputs.size();
  const std::size_t n_out = ports.outputs.size();
  if (n_in != 3 || made->at_.input == n_in || made->at_.state == n_in || made->at_.rate == n_in ||
      made->at_.output == n_out || made->at_.new_state == n_out)
    return fail(ErrorCode::kUnsupported, made->lane_->facts().name + " is no voice detector that is known here",
                "use Silero VAD 5 or newer as ONNX (inputs input, state and sr)");
  return made;
}

void VoiceDetector::reset() {
  context_.fill(0);
  state_.fill(0);
}

Result<float> VoiceDetector::probability(std::span<const float> frame, const CallBounds& bounds) {
  std::array<Shape, 3> shapes;
  shapes[at_.input] = Shape{1, static_cast<std::int64_t>(kContextSamples + kFrameSamples)};
  shapes[at_.state] = Shape{2, 1, 128};
  shapes[at_.rate] = Shape{};
  HEARTH_ASSIGN(inputs, lane_->inputs(shapes));
  HEARTH_ASSIGN(audio, inputs[at_.input].span<float>());
  HEARTH_ASSIGN(state, inputs[at_.state].span<float>());
  HEARTH_ASSIGN(rate, inputs[at_.rate].span<std::int64_t>());
  const std::size_t n = std::min(frame.size(), kFrameSamples);
  std::ranges::copy(context_, audio.begin());
  std::ranges::copy(frame.first(n), audio.begin() + kContextSamples);
  std::ranges::fill(audio.subspan(kContextSamples + n), 0.0F);
  std::ranges::copy(audio.last(kContextSamples), context_.begin());
  std::ranges::copy(state_, state.begin());
  rate[0] = kSampleRateHz;
  HEARTH_ASSIGN(outputs, lane_->run(bounds));
  HEARTH_ASSIGN(probability, outputs[at_.output].span<const float>());
  HEARTH_ASSIGN(new_state, outputs[at_.new_state].span<const float>());
  if (probability.size() != 1 || new_state.size() != kStateSize || !(probability[0] >= 0 && probability[0] <= 1))
    return fail(ErrorCode::kInvalidData, "the voice detector gave no probability", "get its file anew");
  std::ranges::copy(new_state, state_.begin());
  return probability[0];
}

}  // namespace hearth
