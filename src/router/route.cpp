#include "router/route.h"

#include <algorithm>

#include "router/features.h"
#include "router/privacy_detector.h"
#include "router/target_choice.h"

namespace hearth {
namespace {

// An early exit knows its intent only: the rest is as sure as the exit is.
void take_exit(const EarlyExit& exit, RouteDecision& decision) {
  decision.stage = 1;
  decision.exit = exit.reason;
  decision.verdict = exit.verdict;
}

// One target was left by the guards and rules: policy had nothing to weigh.
bool one_was_left(const RouteDecision& decision) {
  return std::count_if(decision.candidates.begin(), decision.candidates.begin() + decision.n_candidates,
                       [](const RouteCandidate& c) { return c.verdict != CandidateVerdict::kRuledOut; }) <= 1;
}

// What is sent to a model is the whole conversation: personal data in an earlier turn keep a later one here too.
PrivacyVerdict privacy_of(const RouteRequest& request, const PrivacySettings& settings) {
  PrivacyVerdict verdict = personal_data_in(request.text, settings);
  if (request.context.empty()) return verdict;
  const PrivacyVerdict earlier = personal_data_in(request.context, settings);
  for (std::size_t i = 0; i < kPersonalDataCount; ++i) verdict.score[i] = std::max(verdict.score[i], earlier.score[i]);
  verdict.total = std::max(verdict.total, earlier.total);
  verdict.personal = verdict.personal || earlier.personal;
  return verdict;
}

}  // namespace

void ThreeStageRouter::route(const RouteRequest& request, const MachineState& machine, RouteDecision& decision) const {
  const auto begin = parts_.clock.now();
  decision.exit = ExitReason::kNone;
  decision.features = read_features(request);
  const EarlyExit exit = early_exit(request, decision.features, machine);
  const auto after_features = parts_.clock.now();
  if (exit.reason != ExitReason::kNone) {
    take_exit(exit, decision);
  } else {
    decision.stage = 2;
    decision.verdict = parts_.classifier.classify(request, decision.features);
  }
  const auto after_intent = parts_.clock.now();
  decision.privacy = privacy_of(request, parts_.policy.privacy());
  choose_targets({parts_.policy, parts_.targets, parts_.bandit}, request, machine, decision);
  if (decision.stage == 2 && !one_was_left(decision)) decision.stage = 3;
  const auto end = parts_.clock.now();
  decision.times = {after_features - begin, after_intent - after_features, end - after_intent, end - begin};
}

}  // namespace hearth
