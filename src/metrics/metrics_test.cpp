#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "metrics/registry.h"

namespace hearth {
namespace {

TEST(Histogram, quantiles_are_right_to_a_tenth_over_twelve_decades) {
  for (double scale = 1e-2; scale < 1e9; scale *= 100) {
    Histogram histogram;
    for (int i = 1; i <= 1000; ++i) histogram.observe(scale * i / 1000);
    for (const double q : {0.5, 0.95, 0.99})
      EXPECT_NEAR(histogram.quantile(q) / (scale * q), 1.0, 0.1) << scale << " " << q;
  }
}

TEST(Histogram, odd_values_are_counted_and_never_lost) {
  Histogram histogram;
  for (const double value : {-1.0, 0.0, std::nan(""), 1e300, std::numeric_limits<double>::infinity()})
    histogram.observe(value);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_GT(histogram.quantile(1.0), 1e8);
}

TEST(Histogram, without_observations_there_is_no_quantile) { EXPECT_EQ(Histogram().quantile(0.5), 0); }

TEST(Metrics, counts_from_many_threads_add_up) {
  MetricsRegistry metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 1000; ++i) {
        metrics.counter("hearth_x_total", "x").add();
        metrics.histogram("hearth_y_ms", "y").observe(i);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("hearth_x_total", "x").value(), 4000U);
  EXPECT_EQ(metrics.histogram("hearth_y_ms", "y").count(), 4000U);
}

TEST(Metrics, the_export_is_prometheus_text) {
  MetricsRegistry metrics;
  metrics.counter("hearth_tokens_total", "tokens made", "model=\"a\"").add(3);
  metrics.histogram("hearth_ttft_ms", "time to first token").observe(1.0);
  const std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("# TYPE hearth_tokens_total counter\nhearth_tokens_total{model=\"a\"} 3\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("hearth_ttft_ms_bucket{le=\"+Inf\"} 1\nhearth_ttft_ms_sum 1\nhearth_ttft_ms_count 1\n"),
            std::string::npos)
      << text;
}

TEST(Metrics, gauges_are_kept_or_read_when_asked) {
  MetricsRegistry metrics;
  metrics.gauge("hearth_open", "open things").add(3);
  metrics.gauge("hearth_open", "").add(-1.5);
  metrics.gauges("hearth_bytes", "held\nnow", [] {
    return std::vector<GaugeSample>{{metric_label("model", "a\"b\\c\nd"), 1e10}};
  });
  const std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("# TYPE hearth_open gauge\nhearth_open 1.5\n"), std::string::npos) << text;
  EXPECT_NE(text.find("# HELP hearth_bytes held\\nnow\n# TYPE hearth_bytes gauge\n"
                      "hearth_bytes{model=\"a\\\"b\\\\c\\nd\"} 1e+10\n"),
            std::string::npos)
      << text;
  metrics.gauges("hearth_bytes", "", nullptr);
  EXPECT_EQ(metrics.prometheus_text().find("hearth_bytes"), std::string::npos);
}

}  // namespace
}  // namespace hearth
