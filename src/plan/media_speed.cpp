#include "plan/media_speed.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

// Widths of projections that no fit backs: a factor to either side.
constexpr double kSpeechFactor = 3.0;
constexpr double kEmbedFactor = 3.0;
// A processor reaches about this share of its vector peak in dense layers; measured spread is in the factors above.
constexpr double kReachedOfPeak = 0.35;
// Time of int8 against float on a processor with dot products of bytes, for graphs of speech.
constexpr double kInt8OnCpu = 0.75;

// Floating-point operations in 10^9 for 30 s of sound: encoder and a usual transcript. Whisper's windows are padded,
// conformers work on frames of 80 ms. From the published counts of Whisper (38 for tiny to 1142 for medium) and
// Parakeet.
double recognition_gflop(const CatalogModel& model) {
  const double millions = static_cast<double>(model.parameters_total) / 1e6;
  return millions * (model.family.find("whisper") != std::string::npos ? 1.35 : 0.75);
}

std::string runtime_words(const ExecutionTarget& target, bool sound) {
  const std::string& runtime = target.runtime->id;
  if (sound) {
    if (runtime == "whisper") {
      if (target.backend == "cuda") return "whisper.cpp CUDA";
      if (target.backend == "vulkan") return "whisper.cpp Vulkan";
      if (target.backend == "metal") return "Metal fa1";
      return target.backend == "cpu" ? "whisper.cpp CPU" : "openvino npu";
    }
    return runtime;
  }
  if (runtime == "litert") return "tflite";
  return runtime;
}

std::string precision_words(const CatalogPrecision& precision) {
  if (precision.bits_per_weight <= 9) return "int8";
  return precision.bits_per_weight <= 16 ? "fp16" : "fp32";
}

LatencyQuery query_of(const Candidate& c, const PlanContext& context, bool sound) {
  LatencyQuery query;
  query.device = speed_device_name(context.machine, c.target->accelerator);
  // tables name a device with an accelerator by that: its processor goes by its own rate
  const auto& accelerators = context.machine.accelerators;
  const bool accelerated = std::any_of(accelerators.begin(), accelerators.end(),
                                       [&](const auto& a) { return compute_tflops(context.machine, &a).has_value(); });
  if (!c.target->accelerator && accelerated) query.device.clear();
  query.model = c.model->id;
  // rows of speech hardly name a precision: its few effects there are noise
  if (!sound) query.precision = precision_words(*c.precision);
  query.runtime = runtime_words(*c.target, sound);
  query.tflops = compute_tflops(context.machine, c.target->accelerator);
  query.kind = !c.target->accelerator ? "cpu" : c.target->accelerator->kind == "gpu" ? "gpu" : "npu";
  if (sound) {
    query.gflop = recognition_gflop(*c.model);
    query.input = "30s window";
  } else if (c.model->graph && c.model->graph->gflops) {
    query.gflop = *c.model->graph->gflops * (c.model->graph->one_flop_per_multiply_add ? 2.0 : 1.0);
  }
  return query;
}

Interval scaled(const Interval& i, double factor) { return {i.value * factor, i.low * factor, i.high * factor}; }

Interval within(double value, double factor) { return {value, value / factor, value * factor}; }

// Share of a graph's work at another input size; convolutions grow with the area.
double area_share(const Candidate& c) {
  if (c.resolution.size() != 2 || !c.model->graph) return 1.0;
  const auto& input = c.model->graph->input;
  const auto area = std::find_if(input.begin(), input.end(), [](auto n) { return n > 16; });
  if (area == input.end() || area + 1 == input.end()) return 1.0;
  return static_cast<double>(c.resolution[0]) * c.resolution[1] /
         (static_cast<double>(*area) * static_cast<double>(*(area + 1)));
}

void project_image(Candidate& c, const PlanContext& context) {
  if (auto ms = context.inputs.speed->latency_ms(LatencyKind::kVision, query_of(c, context, false)))
    c.speed.latency_ms = scaled(*ms, std::pow(area_share(c), 0.9));
}

void project_recognition(Candidate& c, const PlanContext& context) {
  auto ms = context.inputs.speed->latency_ms(LatencyKind::kAudio, query_of(c, context, true));
  if (!ms) return;
  const bool int8_on_cpu = c.precision->bits_per_weight <= 9 && !c.target->accelerator;
  *ms = scaled(*ms, int8_on_cpu ? kInt8OnCpu : 1.0);
  c.speed.rtf = scaled(*ms, 1.0 / 30000.0);
  // a padded window costs the same however little was said
  const bool padded = c.model->family.find("whisper") != std::string::npos;
  c.speed.latency_ms = padded ? *ms : scaled(*ms, kUsualChunkS / 30.0);
}

// Against the measured factors on four Cortex-A72 threads (0.1 TFLOPS): by size where a voice has none of its own.
void project_synthesis(Candidate& c, const PlanContext& context) {
  const auto tflops = compute_tflops(context.machine, c.target->accelerator);
  if (!tflops) return;
  constexpr double kReferenceTflops = 0.1;
  constexpr double kReferenceRtf = 0.357, kReferenceMillions = 15.7;  // Piper medium
  const auto by_size = [](const CatalogModel& model) {
    return kReferenceRtf * std::pow(static_cast<double>(model.parameters_total) / 1e6 / kReferenceMillions, 0.9);
  };
  double reference = by_size(*c.model);
  for (const auto& quality : c.model->quality)
    if (quality.benchmark == "RTF Raspberry Pi 4, four threads") reference = quality.score;
  for (const auto& id : c.model->companions)
    if (const auto* other = find_record(context.inputs.catalog.models, id)) reference += by_size(*other);
  // small graphs leave an accelerator idle between kernels
  const double power = c.target->accelerator ? 0.6 : 0.85;
  const double precision = c.precision->bits_per_weight <= 9 && !c.target->accelerator ? 0.8 : 1.0;
  c.speed.rtf = within(reference * precision * std::pow(kReferenceTflops / *tflops, power), kSpeechFactor);
}

// One text of 256 tokens, or one picture: twice the weights that work on it, at a share of the peak.
void project_embedding(Candidate& c, const PlanContext& context) {
  const auto tflops = compute_tflops(context.machine, c.target->accelerator);
  if (!tflops) return;
  double gflop = 2.0 * static_cast<double>(c.model->parameters_total) / 1e9 * 256.0;
  if (c.model->vision && c.model->vision->patch && *c.model->vision->patch > 0) {
    const double side = static_cast<double>(c.model->vision->image_size) / static_cast<double>(*c.model->vision->patch);
    gflop = 2.0 * static_cast<double>(c.model->vision->parameters) / 1e9 * side * side;
  }
  const double int8 = c.precision->bits_per_weight <= 9 ? 1.6 : 1.0;
  c.speed.latency_ms = within(0.5 + gflop / (*tflops * 1e3 * kReachedOfPeak * int8) * 1e3, kEmbedFactor);
}

void correct(Candidate& c, const PlanContext& context) {
  CalibrationKey key{c.model->id, c.precision->id, c.target->runtime->id, c.target->backend, "latency_ms"};
  if (c.speed.latency_ms) {
    const auto corrected = context.calibration.correct(key, *c.speed.latency_ms);
    c.speed.fitted_latency = c.speed.latency_ms->value;
    c.speed.latency_ms = corrected.interval;
    c.speed.corrected = corrected.samples > 0;
    c.speed.measured_here = corrected.measured;
  }
  key.metric = "rtf";
  if (!c.speed.rtf) return;
  c.speed.fitted_rtf = c.speed.rtf->value;
  const auto corrected = context.calibration.correct(key, *c.speed.rtf);
  c.speed.rtf = corrected.interval;
  c.speed.corrected = c.speed.corrected || corrected.samples > 0;
}

}  // namespace

void project_media(Candidate& c, const TaskSpec& spec, const PlanContext& context) {
  if (spec.modality == "vision") {
    project_image(c, context);
  } else if (spec.modality == "stt") {
    project_recognition(c, context);
  } else if (spec.modality == "tts") {
    project_synthesis(c, context);
  } else {
    project_embedding(c, context);
  }
  correct(c, context);
}

}  // namespace hearth
