// A routing policy as it is written in data/policies/routing: which facts about a request, the machine and a target
// lead to what. The router compiles it (router/policy.h), which is where names are checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

// One fact that must hold. A fact nobody knows never holds.
struct RoutingCondition {
  std::string fact;                       // a name of router/route_facts
  std::vector<std::string> any_of;        // "true" and "false" of flags
  std::optional<double> below, at_least;  // of numbers; both: at least the one and below the other
};

struct RoutingRule {
  std::string id;
  std::string why;                        // one sentence for who asks why
  std::vector<RoutingCondition> when;     // of the request and the machine; all must hold
  std::vector<RoutingCondition> targets;  // which targets it speaks of; all must hold
  // "exclude": these targets are out. "only": all others are out. "add": `value` to these targets' score.
  // "cap_context" (tokens), "cap_resolution" (pixels), "promote_on_failure", "answer_here": of the whole route.
  std::string effect;
  double value = 0;
  bool unless_last = false;  // an exclude or only that would leave no target says nothing
};

// What one unit of each thing is worth in a target's score.
struct RoutingWeights {
  double quality = 1;              // of quality 1 where the request is hard
  double waiting = 1;              // of the whole time that may pass
  double spending = 0;             // of `energy_j` on AC
  double spending_on_battery = 0;  // of `energy_j` on battery
  double cost = 0;                 // of one unit of currency
  double patience_ms = 8000;       // the time that may pass where the request names none
  double energy_j = 200;
};

struct RoutingBanditSettings {
  bool on = true;
  double margin = 0.2;         // it chooses among targets whose score is this near the best
  double exploration = 0.3;    // LinUCB's alpha
  double explore_share = 0.1;  // of requests that may go to what isn't held for best
  double forget = 0.999;       // weight of what was learnt, per outcome
};

struct CatalogRoutingPolicy : CatalogRecord {
  bool remote = false;  // remote targets may be used at all
  double privacy_threshold = 0.5;
  std::map<std::string, double> privacy_weights;  // by kind; absent: 1
  std::uint32_t context_least = 2048;             // a context is not made shorter than this
  std::map<std::string, double> answer_tokens;    // expected, by intent, where the request says nothing
  RoutingWeights weights;
  RoutingBanditSettings bandit;
  std::vector<RoutingRule> rules;
};

}  // namespace hearth
