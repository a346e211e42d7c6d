// Metrics by name, and their export in the Prometheus text format.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "metrics/histogram.h"

namespace hearth {

// Names follow Prometheus: hearth_<what>_<unit>[_total]. Internally locked; what it hands out lives as long as it does.
class MetricsRegistry {
 public:
  // The metric of that name and labels ("model=\"x\"", may be empty), made at the first call.
  [[nodiscard]] Counter& counter(const std::string& name, const std::string& help, const std::string& labels = {});
  [[nodiscard]] Histogram& histogram(const std::string& name, const std::string& help, const std::string& labels = {});

  // Source: Prometheus text exposition format 0.0.4. Buckets without observations are left out, +Inf excepted.
  [[nodiscard]] std::string prometheus_text() const;

 private:
  template <class Metric>
  struct Family {
    std::string help;
    std::map<std::string, std::unique_ptr<Metric>> by_labels;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family<Counter>> counters_;
  std::map<std::string, Family<Histogram>> histograms_;
};

}  // namespace hearth
