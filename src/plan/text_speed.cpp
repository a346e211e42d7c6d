#include "plan/text_speed.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "plan/text_candidates.h"

namespace hearth {
namespace {

constexpr double kLeastFitted_B = 0.1;  // the smallest models among the measured rows
constexpr double kBeyondFit = 0.01;

// How measured tables word a runtime on a device; what the fit knows no engine for falls to its widest group.
std::string engine_words(const ExecutionTarget& target) {
  const std::string& runtime = target.runtime->id;
  if (runtime == "llama") {
    if (target.backend == "cuda") return "CUDA fa=1";
    return target.backend == "cpu" ? "CPU" : target.backend;
  }
  if (runtime == "mlx" || runtime == "vllm" || runtime == "openvino" || runtime == "executorch")
    return target.backend == "cpu" ? runtime + " CPU" : runtime;
  return runtime + " " + target.backend;
}

SpeedQuery query_of(const PlanContext& context, const ExecutionTarget& target, const CatalogPrecision& precision,
                    bool on_processor) {
  const ProfileAccelerator* device = on_processor ? nullptr : target.accelerator;
  SpeedQuery query;
  query.device = speed_device_name(context.machine, device);
  query.quant = precision.name;
  query.backend = on_processor ? "CPU" : engine_words(target);
  query.bandwidth_GBps = target_bandwidth(context.machine, device);
  return query;
}

// Speeds of parts that one token passes one after the other, each with the share of the work that it does.
Interval in_series(const Interval& a, double share_a, const Interval& b, double share_b) {
  const auto join = [&](double x, double y) { return 1.0 / (share_a / x + share_b / y); };
  return {join(a.value, b.value), join(a.low, b.low), join(a.high, b.high)};
}

// What one token reads of a model, in bytes: all of it, and what of it stays on the processor.
struct TokenReads {
  double all = 0, on_processor = 0;
};

TokenReads token_reads(const Candidate& c) {
  TokenReads reads;
  reads.all = std::max(1.0, static_cast<double>(weight_bytes_per_token(*c.model, *c.precision)));
  const double weights = static_cast<double>(c.memory.device.weights + c.memory.cpu.weights);
  if (weights <= 0 || !c.target->accelerator) return reads;
  const double on_cpu = static_cast<double>(c.memory.cpu.weights);
  if (c.placement == PlacementKind::kExpertsOnCpu && c.model->decoder && c.model->decoder->moe) {
    const auto& moe = *c.model->decoder->moe;
    reads.on_processor =
        on_cpu * static_cast<double>(moe.active_experts) / std::max<double>(1.0, static_cast<double>(moe.experts));
  } else if (c.placement == PlacementKind::kLayersSplit) {
    reads.on_processor = reads.all * on_cpu / weights;
  }
  reads.on_processor = std::min(reads.on_processor, reads.all);
  return reads;
}

SpeedModelSize size_of(const Candidate& c, double token_bytes) {
  SpeedModelSize size;
  size.bytes = std::max(1.0, static_cast<double>(weight_bytes(*c.model, *c.precision)));
  size.params_B = std::max(1e-4, static_cast<double>(c.model->parameters_total) / 1e9);
  size.active = c.model->parameters_active ? std::clamp(token_bytes / size.bytes, 1e-3, 1.0) : 1.0;
  return size;
}

// Bytes a second that weights come from the SSD; sold rates where it was not measured.
double storage_bytes_per_s(const HardwareProfile& machine) {
  double best = 0;
  for (const auto& disk : machine.storage) {
    if (disk.sequential_read_GBps) best = std::max(best, disk.sequential_read_GBps->value);
  }
  if (best > 0) return best * 1e9;
  if (machine.device_class == "single_board" || machine.device_class == "jetson") return 0.4e9;
  return 2e9;
}

Interval with_streaming(const Interval& speed, double streamed, double rate) {
  const auto slow = [&](double tok_s, double factor) { return 1.0 / (1.0 / tok_s + streamed / (rate * factor)); };
  return {slow(speed.value, 1.0), slow(speed.low, 0.5), slow(speed.high, 1.5)};
}

// Milliseconds that the tower takes for one picture: two operations for each weight and patch, at a share of the peak.
Interval picture_ms(const Candidate& c, const PlanContext& context) {
  constexpr double kReachedOfPeak = 0.35, kFactor = 2.0;
  const auto& vision = c.model->vision;
  const auto tflops = compute_tflops(context.machine, c.target->accelerator);
  if (!vision || !vision->patch || *vision->patch == 0 || !tflops) return {0, 0, 0};
  const double side = static_cast<double>(vision->image_size) / static_cast<double>(*vision->patch);
  const double ms = 2e3 * static_cast<double>(vision->parameters) * side * side / (*tflops * 1e12 * kReachedOfPeak);
  return {ms, ms / kFactor, ms * kFactor};
}

// Until the first token, when all users ask at once: a usual prompt, or one picture with a short question.
Interval first_token_ms(const Candidate& c, const PlanContext& context) {
  constexpr double kPictureTokens = 576, kQuestionTokens = 32;
  double prompt = static_cast<double>(first_token_prompt(c.context_length));
  Interval tower{0, 0, 0};
  if (c.sees) {
    const bool known = c.model->vision && c.model->vision->tokens_per_image;
    prompt = kQuestionTokens + (known ? static_cast<double>(*c.model->vision->tokens_per_image) : kPictureTokens);
    tower = picture_ms(c, context);
  }
  const auto ms = [&](double tower_ms, double prefill_rate, double decode_rate) {
    return c.users * (tower_ms + 1000.0 * prompt / prefill_rate) + 1000.0 / decode_rate;
  };
  const Interval &prefill = *c.speed.prefill, &decode = *c.speed.decode;
  return {ms(tower.value, prefill.value, decode.value), ms(tower.low, prefill.high, decode.high),
          ms(tower.high, prefill.low, decode.low)};
}

}  // namespace

Result<TextProfiles> text_profiles(const PlanContext& context, const ExecutionTarget& target,
                                   const CatalogPrecision& precision) {
  HEARTH_ASSIGN(device, context.inputs.speed->profile(query_of(context, target, precision, false)));
  TextProfiles out{std::move(device), std::nullopt};
  // the planner places what does not fit itself; the fit's own guess of a spill must not count it twice
  out.device.own_memory = false;
  if (target.accelerator) {
    if (auto processor = context.inputs.speed->profile(query_of(context, target, precision, true))) {
      out.processor = std::move(*processor);
      out.processor->own_memory = false;
    }
  }
  return out;
}

void project_text(Candidate& c, const TextProfiles& profiles, const PlanContext& context) {
  const TokenReads reads = token_reads(c);
  const SpeedModelSize size = size_of(c, reads.all);
  SpeedLoad load;
  load.batch = static_cast<int>(c.users);
  load.kv_bytes = static_cast<double>(kv_bytes_read_per_token(*c.model, c.kv, c.context_length / 2));
  Interval decode = profiles.device.decode_tok_s(size, load);
  Interval prefill = profiles.device.prefill_tok_s(size);
  if (reads.on_processor > 0 && profiles.processor) {
    const double share = reads.on_processor / reads.all;
    decode = in_series(decode, 1.0 - share, profiles.processor->decode_tok_s(size, load), share);
    // a prompt's batches read each expert once: the processor computes its part of all of them
    prefill = in_series(prefill, 1.0 - share, profiles.processor->prefill_tok_s(size), share);
  }
  if (c.streamed_bytes > 0) {
    const double rate = storage_bytes_per_s(context.machine);
    decode = with_streaming(decode, static_cast<double>(c.streamed_bytes), rate);
    prefill = with_streaming(prefill, static_cast<double>(c.streamed_bytes) / 512.0, rate);
  }
  if (size.params_B < kLeastFitted_B) {
    // the fit has no rows of this size: what a call costs besides arithmetic decides, and nobody measured it
    decode.low *= kBeyondFit;
    prefill.low *= kBeyondFit;
  }
  const auto& runtime = c.target->runtime->id;
  CalibrationKey key{c.model->id, c.precision->id, runtime, c.target->backend, "decode_tok_s"};
  const auto corrected = context.calibration.correct(key, decode);
  key.metric = "prefill_tok_s";
  c.speed.fitted_decode = decode.value;
  c.speed.fitted_prefill = prefill.value;
  c.speed.corrected = corrected.samples > 0;
  c.speed.decode = corrected.interval;
  c.speed.prefill = context.calibration.correct(key, prefill).interval;
  c.speed.measured_here = corrected.measured;
  c.speed.latency_ms = first_token_ms(c, context);
}

}  // namespace hearth
