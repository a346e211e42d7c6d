#include "pipeline/wake_word.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

// Source: openWakeWord, utils.py: its mel graph takes the values of 16-bit samples, and gives decibels that the
// embedding was trained on in this scale.
constexpr float kSampleScale = 32'768;
constexpr float kMelDivisor = 10;
constexpr float kMelOffset = 2;

bool takes(const TensorLane& lane, const Shape& shape) {
  const auto& ports = lane.facts().ports;
  return ports.inputs.size() == 1 && ports.outputs.size() == 1 && ports.inputs[0].shape.admits(shape);
}

// Runs a graph of one input and one output on `values`; the output is to have `n` of them.
Result<std::span<const float>> run_one(TensorLane& lane, const Shape& shape, std::span<const float> values,
                                       std::size_t n, const CallBounds& bounds) {
  HEARTH_ASSIGN(inputs, lane.inputs(std::span(&shape, 1)));
  HEARTH_ASSIGN(in, inputs[0].span<float>());
  std::ranges::copy(values, in.begin());
  HEARTH_ASSIGN(outputs, lane.run(bounds));
  HEARTH_ASSIGN(out, outputs[0].span<const float>());
  if (out.size() != n || std::ranges::any_of(out, [](float v) { return !std::isfinite(v); }))
    return fail(ErrorCode::kInvalidData, lane.facts().name + " gave no numbers that a wake word can be heard in",
                "get its file anew");
  return out;
}

// Takes as much out in front as is put in behind.
void append(std::vector<float>& window, std::span<const float> values) {
  window.erase(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(values.size()));
  window.insert(window.end(), values.begin(), values.end());
}

}  // namespace

Result<std::unique_ptr<WakeWordDetector>> WakeWordDetector::create(Graphs graphs, const WakeWordOptions& options,
                                                                   const CallBounds& bounds) {
  std::unique_ptr<WakeWordDetector> made(new WakeWordDetector(std::move(graphs), options));
  HEARTH_TRY(made->check());
  HEARTH_TRY(made->hear_silence(bounds));
  return made;
}

Status WakeWordDetector::check() const {
  const Shape audio{1, static_cast<std::int64_t>(kContext + kStep)};
  const Shape frames{1, kFrames, kMels, 1};
  const Shape embeddings{1, kEmbeddings, kEmbedding};
  for (const auto& [lane, shape, what] : {std::tuple(graphs_.mel.get(), &audio, "mel spectrum"),
                                          std::tuple(graphs_.embedding.get(), &frames, "embedding"),
                                          std::tuple(graphs_.word.get(), &embeddings, "word")}) {
    if (!takes(*lane, *shape))
      return fail(ErrorCode::kUnsupported, lane->facts().name + " is no graph of a " + what + " that is known here",
                  "use openWakeWord's three graphs as ONNX: mel spectrum, embedding, word");
  }
  return {};
}

Status WakeWordDetector::hear_silence(const CallBounds& bounds) {
  memory_.audio.assign(kContext, 0);
  memory_.frames.assign(kFrames * kMels, 0);
  memory_.embeddings.assign(kEmbeddings * kEmbedding, 0);
  constexpr std::size_t kSteps = kFrames / 8 + 1 + kEmbeddings;  // until no zero that was put in is left
  std::vector<WakeWordHit> none;
  const std::vector<float> silence(kSteps * kStep, 0);
  HEARTH_TRY(process(silence, none, bounds));
  silence_ = memory_;
  reset();
  return {};
}

void WakeWordDetector::reset() {
  memory_ = silence_;
  n_steps_ = 0;
  quiet_until_s_ = 0;
  was_below_ = true;
  score_ = 0;
}

Status WakeWordDetector::process(std::span<const float> samples, std::vector<WakeWordHit>& out,
                                 const CallBounds& bounds) {
  auto& audio = memory_.audio;
  while (!samples.empty()) {
    const std::size_t n = std::min(samples.size(), kContext + kStep - audio.size());
    for (const float sample : samples.first(n)) audio.push_back(std::clamp(sample, -1.0F, 1.0F) * kSampleScale);
    samples = samples.subspan(n);
    if (audio.size() < kContext + kStep) break;
    HEARTH_TRY(step(bounds));
    audio.erase(audio.begin(), audio.begin() + kStep);
    const double at_s = static_cast<double>(++n_steps_ * kStep) / kSampleRateHz;
    if (score_ < options_.threshold) was_below_ = true;
    if (score_ < options_.threshold || !was_below_ || at_s < quiet_until_s_) continue;
    out.push_back({at_s, score_});
    was_below_ = false;
    quiet_until_s_ = at_s + options_.refractory_s;
  }
  return {};
}

Status WakeWordDetector::step(const CallBounds& bounds) {
  constexpr std::size_t kNewFrames = kStep / 160;
  HEARTH_ASSIGN(mel, run_one(*graphs_.mel, {1, static_cast<std::int64_t>(kContext + kStep)}, memory_.audio,
                             kNewFrames * kMels, bounds));
  std::vector<float> scaled(mel.begin(), mel.end());
  for (float& value : scaled) value = value / kMelDivisor + kMelOffset;
  append(memory_.frames, scaled);
  HEARTH_ASSIGN(embedding, run_one(*graphs_.embedding, {1, kFrames, kMels, 1}, memory_.frames, kEmbedding, bounds));
  append(memory_.embeddings, embedding);
  HEARTH_ASSIGN(score, run_one(*graphs_.word, {1, kEmbeddings, kEmbedding}, memory_.embeddings, 1, bounds));
  score_ = score[0];
  return {};
}

}  // namespace hearth
