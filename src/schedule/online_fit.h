// A linear cost law learnt while running: least squares with exponential forgetting, coefficients never negative.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace hearth {

// y = sum of coefficient[i] * x[i]. Errors count relative to y, so that short and long observations weigh alike.
// The minimum is sought by coordinate descent from the present coefficients: what the observations don't tell apart
// (a server that only ever decodes eight tokens a step) stays where it was instead of drifting.
// Externally synchronised. Cost of observe(): some 16 N^2 multiplications.
template <std::size_t N>
class OnlineFit {
 public:
  using Vector = std::array<double, N>;
  static constexpr double kKeep = 0.98;          // weight of the past at each observation: a memory of some 50
  static constexpr double kOutlier = 4;          // one observation counts at most as this many times the expected
  static constexpr std::uint64_t kTrusting = 8;  // observations before outliers are cut
  static constexpr double kDeviant = 2;          // so many times off ...
  static constexpr int kRun = 8;                 // ... so often in a row, and the past is forgotten
  static constexpr int kSweeps = 16;

  explicit OnlineFit(const Vector& first_guess) : coefficients_(first_guess) {}

  // Ignores observations that are not above zero.
  void observe(const Vector& x, double y) {
    if (!(y > 0)) return;
    const double expected = predict(x);
    const double ratio = expected > 0 ? y / expected : 1;
    deviant_run_ = ratio > kDeviant       ? std::max(0, deviant_run_) + 1
                   : ratio < 1 / kDeviant ? std::min(0, deviant_run_) - 1
                                          : 0;
    if (n_ == 0 || deviant_run_ >= kRun || deviant_run_ <= -kRun) {
      // The guess knows the proportions, the machine its speed; likewise after throttling began or ended.
      for (double& c : coefficients_) c *= ratio;
      products_ = {};
      targets_ = {};
      deviant_run_ = 0;
    } else if (n_ >= kTrusting && expected > 0) {
      y = std::clamp(y, expected / kOutlier, expected * kOutlier);
    }
    ++n_;
    const double weight = 1 / (y * y);
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j) products_[i][j] = kKeep * products_[i][j] + weight * x[i] * x[j];
      targets_[i] = kKeep * targets_[i] + weight * x[i] * y;
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) improve();
  }

  [[nodiscard]] double predict(const Vector& x) const {
    double sum = 0;
    for (std::size_t i = 0; i < N; ++i) sum += coefficients_[i] * x[i];
    return sum;
  }
  [[nodiscard]] const Vector& coefficients() const { return coefficients_; }
  [[nodiscard]] std::uint64_t observations() const { return n_; }

 private:
  void improve() {
    for (std::size_t i = 0; i < N; ++i) {
      if (!(products_[i][i] > 0)) continue;
      double rest = targets_[i];
      for (std::size_t j = 0; j < N; ++j) {
        if (j != i) rest -= products_[i][j] * coefficients_[j];
      }
      coefficients_[i] = std::max(0.0, rest / products_[i][i]);
    }
  }

  Vector coefficients_;
  std::array<Vector, N> products_{};
  Vector targets_{};
  std::uint64_t n_ = 0;
  int deviant_run_ = 0;  // observations in a row that were too slow (above zero) or too quick
};

}  // namespace hearth
