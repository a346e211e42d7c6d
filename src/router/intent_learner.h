// Retraining the last layer of stage 2 from a user's own examples, on the device and in seconds. Pure: what is learned
// is a value; keeping and undoing it is the caller's.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "domain/route.h"
#include "hearth/result.h"
#include "router/intent_model.h"

namespace hearth {

struct IntentExample {
  RouteRequest request;
  Intent intent = Intent::kChat;
};

struct LearnOptions {
  int epochs = 120;
  float step = 0.006F;  // of Adam
  float keep = 0.01F;   // pull of the weights back to where they were: the square of the distance counts this much
  float example_share = 0.4F;  // of the loss that the user's examples have; the rest is the remembered rows'
};

// What learning did, counted with the head before and after.
struct LearnReport {
  std::size_t n_examples = 0;
  std::size_t right_before = 0, right_after = 0;  // of the examples
  std::size_t n_replay = 0;
  std::size_t replay_before = 0, replay_after = 0;  // of the remembered rows
  float moved = 0;                                  // the norm of the change by the norm of the head
};

struct LearnedHead {
  IntentHead head;
  LearnReport report;
};

// Deterministic. kInvalidArgument without an example; kVerificationFailed if so much would be forgotten that more than
// two in a hundred of the remembered rows that were right become wrong (the examples contradict each other or the
// data). About 1 ms for each example and epoch-thousand; 200 examples take under a second.
[[nodiscard]] Result<LearnedHead> learn_head(const IntentModel& model, std::span<const IntentExample> examples,
                                             const LearnOptions& options = {});

}  // namespace hearth
