#include "plan/calibration.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr double kNineInTen = 1.645;        // standard deviations on each side that hold nine in ten
constexpr double kLeastSpread = 0.03;       // of one sample: conditions differ from day to day
constexpr double kOtherModelSpread = 0.12;  // how far one machine's factor varies between models
// Of a factor far from one, half is taken for that model's own: a call's fixed cost makes tiny models many times slower
// than their bytes say, and large ones hardly. Source: own runs, prompts of a model of 0.7 M parameters at a twentieth.
constexpr double kOwnShare = 0.5;
// How far two runtimes differ on one model and device beyond what the fit knows. Source: own runs, graphs of pictures
// on OpenVINO and ONNX Runtime lay within a third of each other (docs/performance.md).
constexpr double kOtherRuntimeSpread = 0.35;

bool matches(std::string_view wanted, std::string_view have) { return wanted.empty() || wanted == have; }

struct Evidence {
  double weight = 0, sum = 0;  // of log ratios measured / projected
  int samples = 0;
  void add(double log_ratio, double deviation) {
    const double w = 1.0 / (deviation * deviation);
    weight += w;
    sum += w * log_ratio;
    ++samples;
  }
};

}  // namespace

Calibration::Corrected Calibration::correct(const CalibrationKey& key, const Interval& fitted) const {
  Corrected out{fitted, false, 0};
  if (measured_.empty() || !(fitted.value > 0) || !(fitted.low > 0) || !(fitted.high > 0)) return out;
  Evidence same, elsewhere, others;
  for (const auto& sample : measured_) {
    if (!matches(key.metric, sample.metric) || !matches(key.backend, sample.backend) || !(sample.measured > 0) ||
        !(sample.projected > 0))
      continue;
    const bool same_model = sample.model == key.model && sample.precision == key.precision;
    const bool same_runtime = matches(key.runtime, sample.runtime);
    if (!same_model && !same_runtime) continue;
    // half an interquartile range is 0.674 standard deviations; a share that is large is no difference of logarithms
    const double own = std::max(kLeastSpread, std::log1p(sample.spread) / 0.674);
    if (same_model && !same_runtime) {
      // else a runtime that nobody measured looks faster than the one that was
      elsewhere.add(std::log(sample.measured / sample.projected), std::hypot(own, kOtherRuntimeSpread));
    } else if (same_model) {
      same.add(std::log(sample.measured / fitted.value), own);
    } else {
      const double log_ratio = std::log(sample.measured / sample.projected);
      others.add(log_ratio, std::hypot(own, kOtherModelSpread, kOwnShare * log_ratio));
    }
  }
  if (same.samples + elsewhere.samples + others.samples == 0) return out;
  const double deviation = std::max(1e-3, std::log(fitted.high / fitted.low) / (2.0 * kNineInTen));
  // many samples of other models share one unknown: how this model differs from them
  const double others_weight =
      others.samples == 0 ? 0.0 : 1.0 / (1.0 / others.weight + kOtherModelSpread * kOtherModelSpread);
  const double others_mean = others.samples == 0 ? 0.0 : others.sum / others.weight;
  const double fit_weight = 1.0 / (deviation * deviation);
  const double weight = fit_weight + others_weight + elsewhere.weight + same.weight;
  const double shift = (others_weight * others_mean + elsewhere.sum + same.sum) / weight;
  const double half = kNineInTen / std::sqrt(weight);
  out.interval.value = fitted.value * std::exp(shift);
  out.interval.low = out.interval.value * std::exp(-half);
  out.interval.high = out.interval.value * std::exp(half);
  out.measured = same.samples > 0;
  out.samples = same.samples + elsewhere.samples + others.samples;
  return out;
}

}  // namespace hearth
