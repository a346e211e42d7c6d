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

void append_head(std::string& text, const std::string& name, const std::string& help, std::string_view type) {
  text += fmt::format("# HELP {} ", name);
  for (const char c : help) text += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  text += fmt::format("\n# TYPE {} {}\n", name, type);
}

}  // namespace

std::string metric_label(std::string_view name, std::string_view value) {
  std::string out = std::string(name) + "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

Counter& MetricsRegistry::counter(const std::string& name, const std::string& help, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  auto& family = counters_[name];
  if (!help.empty()) family.help = help;
  auto& metric = family.by_labels[labels];
  if (!metric) metric = std::make_unique<Counter>();
  return *metric;
}

Gauge& MetricsRegistry::gauge(const std::string& name, const std::string& help, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  auto& family = gauges_[name];
  if (!help.empty()) family.help = help;
  auto& metric = family.by_labels[labels];
  if (!metric) metric = std::make_unique<Gauge>();
  return *metric;
}

void MetricsRegistry::gauges(const std::string& name, const std::string& help,
                             std::function<std::vector<GaugeSample>()> read) {
  const std::lock_guard lock(mutex_);
  if (read)
    read_gauges_[name] = {help, std::move(read)};
  else
    read_gauges_.erase(name);
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
    append_head(text, name, family.help, "counter");
    for (const auto& [labels, counter] : family.by_labels)
      text += fmt::format("{}{} {}\n", name, braces(labels), counter->value());
  }
  for (const auto& [name, family] : gauges_) {
    append_head(text, name, family.help, "gauge");
    for (const auto& [labels, gauge] : family.by_labels)
      text += fmt::format("{}{} {:.9g}\n", name, braces(labels), gauge->value());
  }
  for (const auto& [name, family] : read_gauges_) {
    append_head(text, name, family.help, "gauge");
    for (const GaugeSample& sample : family.read())
      text += fmt::format("{}{} {:.9g}\n", name, braces(sample.labels), sample.value);
  }
  for (const auto& [name, family] : histograms_) {
    append_head(text, name, family.help, "histogram");
    for (const auto& [labels, histogram] : family.by_labels) append_histogram(text, name, labels, *histogram);
  }
  return text;
}

}  // namespace hearth
