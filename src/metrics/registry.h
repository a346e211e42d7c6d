// Metrics by name, and their export in the Prometheus text format.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/histogram.h"

namespace hearth {

// `name="value"` with the value escaped, as counter() and the others want their labels (comma separated).
[[nodiscard]] std::string metric_label(std::string_view name, std::string_view value);

// One sample of a gauge that is read when metrics are asked for.
struct GaugeSample {
  std::string labels;
  double value = 0;
};

// Names follow Prometheus: hearth_<what>_<unit>[_total]. Internally locked; what it hands out lives as long as it does.
class MetricsRegistry {
 public:
  // The metric of that name and labels ("model=\"x\"", may be empty), made at the first call.
  [[nodiscard]] Counter& counter(const std::string& name, const std::string& help, const std::string& labels = {});
  [[nodiscard]] Gauge& gauge(const std::string& name, const std::string& help, const std::string& labels = {});
  [[nodiscard]] Histogram& histogram(const std::string& name, const std::string& help, const std::string& labels = {});

  // A family of gauges that `read` gives at each export, on the asking thread; what it uses must live as long as the
  // registry, or until it is replaced (null: removed). It must not call the registry.
  void gauges(const std::string& name, const std::string& help, std::function<std::vector<GaugeSample>()> read);

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
  std::map<std::string, Family<Gauge>> gauges_;
  std::map<std::string, Family<Histogram>> histograms_;
  struct ReadGauges {
    std::string help;
    std::function<std::vector<GaugeSample>()> read;
  };
  std::map<std::string, ReadGauges> read_gauges_;
};

}  // namespace hearth
