// The slope of a measured value over the last while.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace hearth {

// Least squares over the samples of a window. Bounded: a sample a quarter of a second at most is kept. Externally
// synchronised.
class Trend {
 public:
  explicit Trend(double window_s) : window_s_(window_s) {}

  void add(std::chrono::steady_clock::time_point at, double value);
  void clear() { samples_.clear(); }
  // Per second; absent before the samples span half of the window. A rise is told as what is sure of it, two standard
  // errors less: sensors that count whole degrees jump, and a jump times a minute is no forecast.
  [[nodiscard]] std::optional<double> slope() const;
  [[nodiscard]] std::optional<double> last() const;

 private:
  struct Sample {
    std::chrono::steady_clock::time_point at;
    double value;
  };
  double window_s_;
  std::deque<Sample> samples_;
};

}  // namespace hearth
