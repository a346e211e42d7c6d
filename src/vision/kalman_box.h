// The motion of one box: position, size and their velocities.
#pragma once

#include <algorithm>
#include <array>

#include "vision/geometry.h"

namespace hearth {

// A constant-velocity Kalman filter over (x centre, y centre, aspect width/height, height). Each of the four is
// filtered on its own: with the diagonal noise below, the joint filter's covariance stays block-diagonal, so this is
// the same filter with 4 x (2 x 2) instead of 8 x 8 numbers. Source: SORT (arXiv:1602.00763) and DeepSORT
// (arXiv:1703.07402): noise in proportion to the height, position 1/20, velocity 1/160.
class KalmanBox {
 public:
  KalmanBox() = default;
  explicit KalmanBox(const Box& box);
  void predict();
  void correct(const Box& box);
  [[nodiscard]] Box box() const;
  // A lost box keeps its height: its last change was half hidden.
  void hold_height() { axes_[3].velocity = 0; }

 private:
  struct Axis {
    double value = 0;
    double velocity = 0;
    double variance = 0;
    double covariance = 0;
    double velocity_variance = 0;
  };
  std::array<Axis, 4> axes_{};
};

}  // namespace hearth
