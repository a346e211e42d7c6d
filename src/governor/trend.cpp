#include "governor/trend.h"

#include <cmath>

namespace hearth {
namespace {

constexpr double kApart_s = 0.25;
constexpr double kDoubts = 2;  // standard errors

double seconds(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void Trend::add(std::chrono::steady_clock::time_point at, double value) {
  if (!samples_.empty() && seconds(samples_.back().at, at) < kApart_s) return;
  samples_.push_back({at, value});
  while (seconds(samples_.front().at, at) > window_s_) samples_.pop_front();
}

std::optional<double> Trend::slope() const {
  if (samples_.size() < 3 || seconds(samples_.front().at, samples_.back().at) < window_s_ / 2) return std::nullopt;
  const auto n = static_cast<double>(samples_.size());
  double sum_t = 0;
  double sum_v = 0;
  for (const Sample& each : samples_) {
    sum_t += seconds(samples_.front().at, each.at);
    sum_v += each.value;
  }
  double above = 0;
  double below = 0;
  for (const Sample& each : samples_) {
    const double t = seconds(samples_.front().at, each.at) - sum_t / n;
    above += t * (each.value - sum_v / n);
    below += t * t;
  }
  if (below <= 0) return std::nullopt;
  const double slope = above / below;
  double residual = 0;
  for (const Sample& each : samples_) {
    const double t = seconds(samples_.front().at, each.at) - sum_t / n;
    const double off = each.value - sum_v / n - slope * t;
    residual += off * off;
  }
  const double doubt = kDoubts * std::sqrt(residual / (n - 2) / below);
  if (std::abs(slope) <= doubt) return 0;
  return slope > 0 ? slope - doubt : slope;
}

std::optional<double> Trend::last() const {
  if (samples_.empty()) return std::nullopt;
  return samples_.back().value;
}

}  // namespace hearth
