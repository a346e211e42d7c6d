#include "plan/model_quality.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace hearth {
namespace {

// MMLU against size over the 62 records that publish one: 54.1 + 16.0 log10(sqrt(total * active) / 10^9), residual 8.
constexpr double kSizeAt1B = 54.1;
constexpr double kPerDecade = 16.0;
// A model whose makers published no such score is taken for a weak one of its size.
constexpr double kUnproven = 6.0;
constexpr double kPointsOfDivergence = 45.0;  // per unit of Kullback-Leibler divergence to the power below
constexpr double kDivergencePower = 0.9;

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::optional<double> published(const CatalogModel& model, std::string_view benchmark) {
  for (const auto& quality : model.quality)
    if (starts_with(quality.benchmark, benchmark)) return quality.score;
  return std::nullopt;
}

double effective_billions(const CatalogModel& model) {
  const double total = static_cast<double>(model.parameters_total) / 1e9;
  const double active = model.parameters_active ? static_cast<double>(*model.parameters_active) / 1e9 : total;
  return std::max(1e-4, std::sqrt(total * active));
}

ModelQuality language_quality(const CatalogModel& model) {
  const double by_size = kSizeAt1B + kPerDecade * std::log10(effective_billions(model));
  for (const auto& quality : model.quality) {
    const std::string_view name = quality.benchmark;
    if (!starts_with(name, "MMLU") || starts_with(name, "MMLU-Pro") || name.find("CoT") != std::string_view::npos)
      continue;
    // instruction tuning moves MMLU little but the way it is asked moves it by some points: half of each
    return {0.6 * quality.score + 0.4 * by_size, fmt::format("{} {:.1f}", quality.benchmark, quality.score)};
  }
  return {by_size - kUnproven, "size only: no MMLU is published"};
}

ModelQuality scored(const CatalogModel& model, std::string_view benchmark, double scale, double offset,
                    double fallback) {
  if (const auto score = published(model, benchmark))
    return {offset + scale * *score, fmt::format("{} {:g}", benchmark, *score)};
  return {fallback, fmt::format("no {} is published", benchmark)};
}

ModelQuality speech_quality(const CatalogModel& model) {
  if (const auto mos = published(model, "MOS")) return {*mos * 20.0, fmt::format("MOS {:g}", *mos)};
  // larger voices sound better; no listening test is published for most
  const double millions = std::max(1.0, static_cast<double>(model.parameters_total) / 1e6);
  return {78.0 + 5.0 * std::log10(millions), "size only: no MOS is published"};
}

ModelQuality embedding_quality(const CatalogModel& model) {
  for (const std::string_view name : {"MTEB English v1", "MTEB multilingual", "MIRACL", "MTEB-R"})
    if (const auto score = published(model, name)) return {*score, fmt::format("{} {:g}", name, *score)};
  if (const auto score = published(model, "MTEB Retrieval"))
    return {*score + 8.0, fmt::format("MTEB Retrieval {:g}", *score)};
  return {56.0, "no MTEB is published"};
}

std::optional<double> divergence(const CatalogPrecision& precision) {
  for (const auto& loss : precision.quality_loss)
    if (starts_with(loss.metric, "KL divergence")) return loss.value;
  return std::nullopt;
}

}  // namespace

ModelQuality model_quality(const CatalogModel& model, std::string_view task) {
  if (model.kind == "llm" || model.kind == "vlm") return language_quality(model);
  if (model.kind == "detection") return scored(model, "COCO val2017 mAP 50-95", 1.0, 0.0, 25.0);
  if (model.kind == "segmentation") return scored(model, "COCO val2017 mask mAP 50-95", 1.0, 0.0, 25.0);
  if (model.kind == "classification") return scored(model, "ImageNet-1K top-1", 1.0, 0.0, 55.0);
  if (model.kind == "clip") return scored(model, "ImageNet-1K zero-shot top-1", 1.0, 0.0, 55.0);
  if (model.kind == "stt") {
    if (published(model, "WER % LibriSpeech test-clean"))
      return scored(model, "WER % LibriSpeech test-clean", -3.0, 100.0, 0.0);
    return scored(model, "WER % Open ASR average", -1.0, 100.0, 80.0);
  }
  if (model.kind == "tts") return speech_quality(model);
  if (model.kind == "embedding" || task == "embed") return embedding_quality(model);
  return {50.0, "nothing comparable is published"};
}

bool native_precision(const CatalogModel& model, const CatalogPrecision& precision) {
  if (precision.lossless_when.empty()) return false;
  const auto mentions = [&](std::string_view word) {
    return model.id.find(word) != std::string::npos || model.family.find(word) != std::string::npos;
  };
  if (precision.id == "mxfp4") return mentions("gpt-oss");
  if (precision.group == "ternary") return mentions("bitnet") || model.architecture == "bitnet";
  return mentions("-qat");
}

double precision_loss(const CatalogModel& model, const CatalogPrecision& precision,
                      std::span<const CatalogPrecision> all) {
  if (native_precision(model, precision)) return 0.0;
  auto known = divergence(precision);
  if (!known) {
    const CatalogPrecision* nearest = nullptr;
    for (const auto& other : all)
      if (divergence(other) &&
          (!nearest || std::abs(other.rung - precision.rung) < std::abs(nearest->rung - precision.rung)))
        nearest = &other;
    if (!nearest) return 0.0;
    known = divergence(*nearest);
  }
  double points = kPointsOfDivergence * std::pow(*known, kDivergencePower);
  // few weights have less to spare: a model of 1 B loses about twice what one of 8 B loses
  if (model.kind == "llm" || model.kind == "vlm")
    points *= std::clamp(std::pow(effective_billions(model) / 8.0, -0.33), 0.6, 3.0);
  return points;
}

const CatalogPrecision* highest_floor(std::span<const CatalogPrecision> all, const std::vector<std::string>& uses) {
  const CatalogPrecision* floor = nullptr;
  for (const auto& precision : all)
    for (const auto& use : uses)
      if (std::find(precision.floor_for.begin(), precision.floor_for.end(), use) != precision.floor_for.end() &&
          (!floor || precision.rung > floor->rung))
        floor = &precision;
  return floor;
}

}  // namespace hearth
