// Projections corrected by what was measured on this machine: fit and measurement are weighed by their precision.
#pragma once

#include <span>
#include <string_view>

#include "domain/interval.h"
#include "plan/plan_inputs.h"

namespace hearth {

// What a figure is about. Empty fields match anything.
struct CalibrationKey {
  std::string_view model, precision, runtime, backend, metric;
};

// Borrows the measurements. A sample of the same model and precision counts by its own spread, less on another runtime;
// samples of other models on the same runtime and backend tell how far the fit is off for this machine, and count less.
// Figures are combined as logarithms, so a factor is what is corrected.
class Calibration {
 public:
  explicit Calibration(std::span<const PlanMeasurement> measured) : measured_(measured) {}

  struct Corrected {
    Interval interval;
    bool measured = false;  // a sample of the same model and precision went in
    int samples = 0;
  };
  [[nodiscard]] Corrected correct(const CalibrationKey& key, const Interval& fitted) const;
  [[nodiscard]] bool empty() const { return measured_.empty(); }

 private:
  std::span<const PlanMeasurement> measured_;
};

}  // namespace hearth
