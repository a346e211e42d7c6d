#include "metrics/registry.h"

#include <fmt/format.h>

#include <cmath>

namespace hearth {
namespace {

std::string braces(const std::string& labels) { return labels.empty() ? std::string() : "{" + labels + "}"; }

void append_histogram(std::string& text, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
  const std::string prefix = labels.empty() ? std::string() : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    if (histogram.bucket_count(i) == 0) continue;
    below += histogram.bucket_count(i);
    text += fmt::format("{}_bucket{{{}le=\"{:.6g}\"}} {}\n", name, prefix, Histogram::upper_bound(i), below);
  }
  text += fmt::format("{}_bucket{{{}le=\"+Inf\"}} {}\n", name, prefix, histogram.count());
  text += fmt::format("{}_sum{} {:.9g}\n{}_count{} {}\n", name, braces(labels), histogram.sum(), name, braces(labels),
                      histogram.count());
}

}  // namespace

Counter& MetricsRegistry::counter(const std::string& name, const std::string& help, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  auto& family = counters_[name];
  if (!help.empty()) family.help = help;
  auto& metric = family.by_labels[labels];
  if (!metric) metric = std::make_unique<Counter>();
  return *metric;
}

Histogram& MetricsRegistry::histogram(const std::string& name, const std::string& help, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  auto& family = histograms_[name];
  if (!help.empty()) family.help = help;
  auto& metric = family.by_labels[labels];
  if (!metric) metric = std::make_unique<Histogram>();
  return *metric;
}

std::string MetricsRegistry::prometheus_text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : counters_) {
    text += fmt::format("# HELP {} {}\n# TYPE {} counter\n", name, family.help, name);
    for (const auto& [labels, counter] : family.by_labels)
      text += fmt::format("{}{} {}\n", name, braces(labels), counter->value());
  }
  for (const auto& [name, family] : histograms_) {
    text += fmt::format("# HELP {} {}\n# TYPE {} histogram\n", name, family.help, name);
    for (const auto& [labels, histogram] : family.by_labels) append_histogram(text, name, labels, *histogram);
  }
  return text;
}

}  // namespace hearth
