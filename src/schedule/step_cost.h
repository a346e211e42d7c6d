// What a step of a model will take, learnt from the steps before it.
#pragma once

#include <cstdint>

#include "schedule/online_fit.h"

namespace hearth {

// The work in one step. A token at position p attends to p + 1 cells.
struct StepLoad {
  double tokens = 0;
  double attended_cells = 0;

  // Adds `count` tokens of a sequence from position `first` on.
  void add(double first, double count) {
    tokens += count;
    attended_cells += count * (first + (count + 1) / 2);
  }
};

// seconds = a + b * tokens + c * attended cells. Externally synchronised.
class StepCost {
 public:
  // What to believe before the first observation, e.g. from the plan's projection; any positive values do.
  struct FirstGuess {
    double step_s = 0.02;
    double token_s = 0.002;
    double cell_s = 1e-7;
  };
  StepCost() : StepCost(FirstGuess{}) {}
  explicit StepCost(const FirstGuess& guess) : fit_({guess.step_s, guess.token_s, guess.cell_s}) {}

  void observe(const StepLoad& load, double seconds) { fit_.observe(features(load), seconds); }
  [[nodiscard]] double seconds(const StepLoad& load) const { return fit_.predict(features(load)); }

  // How many tokens of a sequence at position `first` may join `load` so that the step stays within `limit_s`;
  // 0 if none, at most `most`.
  [[nodiscard]] std::uint32_t tokens_within(double limit_s, const StepLoad& load, double first,
                                            std::uint32_t most) const;

  // Seconds to compute `count` tokens from position `first` on, in steps of `chunk` tokens and nothing else beside.
  [[nodiscard]] double prefill_seconds(double first, double count, double chunk) const;

  [[nodiscard]] std::uint64_t observations() const { return fit_.observations(); }

 private:
  static OnlineFit<3>::Vector features(const StepLoad& load) { return {1, load.tokens, load.attended_cells}; }
  OnlineFit<3> fit_;
};

}  // namespace hearth
