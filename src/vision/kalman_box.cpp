#include "vision/kalman_box.h"

namespace hearth {
namespace {

constexpr double kPositionWeight = 1.0 / 20;
constexpr double kVelocityWeight = 1.0 / 160;
constexpr double kAspectDeviation = 1e-2;
constexpr double kAspectVelocityDeviation = 1e-5;
constexpr double kAspectMeasureDeviation = 1e-1;
constexpr std::size_t kAspect = 2;
constexpr std::size_t kHeight = 3;

std::array<double, 4> measured(const Box& box) {
  const double height = std::max(1e-3, static_cast<double>(box.height()));
  return {(box.x0 + box.x1) / 2.0, (box.y0 + box.y1) / 2.0, box.width() / height, height};
}

double squared(double x) { return x * x; }

}  // namespace

KalmanBox::KalmanBox(const Box& box) {
  const auto values = measured(box);
  const double height = values[kHeight];
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& axis = axes_[i];
    axis.value = values[i];
    axis.variance = squared(i == kAspect ? kAspectDeviation : 2 * kPositionWeight * height);
    axis.velocity_variance = squared(i == kAspect ? kAspectVelocityDeviation : 10 * kVelocityWeight * height);
  }
}

void KalmanBox::predict() {
  const double height = axes_[kHeight].value;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& axis = axes_[i];
    axis.value += axis.velocity;
    axis.variance += 2 * axis.covariance + axis.velocity_variance +
                     squared(i == kAspect ? kAspectDeviation : kPositionWeight * height);
    axis.covariance += axis.velocity_variance;
    axis.velocity_variance += squared(i == kAspect ? kAspectVelocityDeviation : kVelocityWeight * height);
  }
}

void KalmanBox::correct(const Box& box) {
  const auto values = measured(box);
  const double height = axes_[kHeight].value;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& axis = axes_[i];
    const double noise = squared(i == kAspect ? kAspectMeasureDeviation : kPositionWeight * height);
    const double gain = axis.variance / (axis.variance + noise);
    const double velocity_gain = axis.covariance / (axis.variance + noise);
    const double error = values[i] - axis.value;
    axis.value += gain * error;
    axis.velocity += velocity_gain * error;
    axis.velocity_variance -= velocity_gain * axis.covariance;
    axis.covariance *= 1 - gain;
    axis.variance *= 1 - gain;
  }
}

Box KalmanBox::box() const {
  const double height = std::max(0.0, axes_[kHeight].value);
  const double width = std::max(0.0, axes_[kAspect].value) * height;
  return {static_cast<float>(axes_[0].value - width / 2), static_cast<float>(axes_[1].value - height / 2),
          static_cast<float>(axes_[0].value + width / 2), static_cast<float>(axes_[1].value + height / 2)};
}

}  // namespace hearth
