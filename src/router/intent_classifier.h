// Stage 2 as the route sees it: text and features in, intent with calibrated probabilities out.
#pragma once

#include "domain/route.h"

namespace hearth {

// Implementations are immutable and thread-safe.
class IntentClassifier {
 public:
  virtual ~IntentClassifier() = default;
  // Never fails; any bytes are a text. Allocates nothing in the steady state.
  [[nodiscard]] virtual IntentVerdict classify(const RouteRequest& request, const RouteFeatures& features) const = 0;
};

}  // namespace hearth
