#include "schedule/step_cost.h"

#include <algorithm>
#include <cmath>

namespace hearth {

std::uint32_t StepCost::tokens_within(double limit_s, const StepLoad& load, double first, std::uint32_t most) const {
  const double spare = limit_s - seconds(load);
  if (!(spare > 0)) return 0;
  // spare = c/2 n^2 + (b + c (first + 1/2)) n, solved for n in the form that stays exact for a small c.
  const auto& [a, b, c] = fit_.coefficients();
  const double linear = b + c * (first + 0.5);
  const double root = std::sqrt(linear * linear + 2 * c * spare);
  if (!(linear + root > 0)) return most;
  const double n = std::floor(2 * spare / (linear + root) + 1e-9);
  return n >= most ? most : static_cast<std::uint32_t>(n);
}

double StepCost::prefill_seconds(double first, double count, double chunk) const {
  if (!(count > 0)) return 0;
  StepLoad load;
  load.add(first, count);
  const double steps = std::ceil(count / std::max(1.0, chunk));
  return seconds(load) + (steps - 1) * seconds(StepLoad{});
}

}  // namespace hearth
