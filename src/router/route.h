// A whole route: features and early exits, then intent where they don't settle it, then policy. (serve/router.h is
// something else: the table of HTTP routes.)
#pragma once

#include <span>

#include "base/clock.h"
#include "domain/route.h"
#include "domain/route_target.h"
#include "router/intent_classifier.h"
#include "router/policy.h"
#include "router/route_bandit.h"

namespace hearth {

// Borrows all it is made of, which must outlive it. Immutable; route() may run from several threads, each with its own
// decision, while nobody teaches the bandit.
class ThreeStageRouter {
 public:
  struct Parts {
    const IntentClassifier& classifier;
    const RoutingPolicy& policy;
    std::span<const RouteTarget> targets;
    const RouteBandit* bandit = nullptr;  // null: off
    const Clock& clock;                   // for the trace's times, and nothing else
  };
  explicit ThreeStageRouter(const Parts& parts) : parts_(parts) {}

  // Fills `decision`, whatever it held. Allocates nothing. Never fails: where no target may take the request,
  // decision.n_parts is 0 and each candidate says why.
  void route(const RouteRequest& request, const MachineState& machine, RouteDecision& decision) const;

 private:
  Parts parts_;
};

}  // namespace hearth
