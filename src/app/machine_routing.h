// Routing as commands and the server use it: policy, targets, classifier, what was learnt and which conversation is
// where, joined.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/route_machine.h"
#include "app/route_memory.h"
#include "app/route_targets.h"
#include "base/clock.h"
#include "hearth/result.h"
#include "router/intent_classifier.h"
#include "router/policy.h"
#include "router/route.h"
#include "router/session_targets.h"

namespace hearth {

// The routing policy called `name` of the installation, or in the file of this path. NotFound with the nearest name;
// InvalidData naming the rule.
[[nodiscard]] Result<RoutingPolicy> load_routing_policy(const std::filesystem::path& data_folder,
                                                        const std::string& name);

// Internally locked.
class MachineRouting {
 public:
  struct Parts {
    RoutingPolicy policy;
    RouteTargets targets;
    std::unique_ptr<IntentClassifier> classifier;
    const Clock* clock = nullptr;  // outlives it
    std::filesystem::path home;
    bool learn = true;  // false: the bandit neither chooses nor learns
  };
  [[nodiscard]] static Result<std::unique_ptr<MachineRouting>> open(Parts parts);

  // The session's target, where it has one, is put into the machine's state; a route with a session is remembered.
  void route(const RouteRequest& request, RouteMachine& machine, RouteDecision& decision);

  // What must be kept until the outcome comes.
  [[nodiscard]] BanditChoice choice_of(const RouteRequest& request, const RouteMachine& machine,
                                       const RouteDecision& decision) const;
  // The time that the plan expects of the chosen target, without what was learnt here; 0: not known.
  [[nodiscard]] float planned_ms(const RouteDecision& decision) const;
  // Learns and journals; errors as RouteMemory::add. Nothing where learning is off.
  Status learn(const RouteRecord& record);

  [[nodiscard]] const RoutingPolicy& policy() const { return parts_.policy; }
  [[nodiscard]] const RouteTargets& targets() const { return parts_.targets; }
  [[nodiscard]] std::string notice() const;
  // A JSON document with what was learnt: outcomes by target and intent, and how often the bandit explored.
  [[nodiscard]] std::string report_json() const;

 private:
  explicit MachineRouting(Parts parts, RouteMemory memory) : parts_(std::move(parts)), memory_(std::move(memory)) {}

  Parts parts_;
  mutable std::mutex gate_;
  RouteMemory memory_;
  SessionTargets sessions_;
};

}  // namespace hearth
