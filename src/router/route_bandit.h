// A contextual bandit that learns on this machine which target serves which requests well, and corrects what the rules
// expect. LinUCB (one linear model for each target): the same state and request give the same choice, so that a route
// can be explained and tested; Thompson sampling would need random numbers for both. It learns only what rules got
// wrong: without outcomes it chooses as the rules do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/route.h"
#include "domain/route_target.h"
#include "domain/routing_policy.h"

namespace hearth {

inline constexpr std::size_t kBanditSize = 18;
using BanditContext = std::array<float, kBanditSize>;

// The request and the machine as the bandit sees them; entries in [-1, 1].
[[nodiscard]] BanditContext bandit_context(const RouteDecision& decision, const MachineState& machine,
                                           const RouteRequest& request);

// What became of a route.
struct RouteOutcome {
  bool slo_met = true;      // true where none was asked for
  bool failed = false;      // an error, or the client had to be told to come again
  bool aborted = false;     // the client left before the end
  bool retried = false;     // the same question came again
  float thumbs = 0;         // -1, 0 (nothing said), 1
  float energy_share = 0;   // energy spent over the policy's energy_j; 0: not known
  float time_ratio = 0;     // time taken over the time that was expected; 0: not known
  float latency_share = 0;  // time taken over the SLO, or over the policy's patience
  bool operator==(const RouteOutcome&) const = default;
};
// 0..1, logistic in what the outcome says.
[[nodiscard]] float reward_of(const RouteOutcome& outcome);

// What a choice must remember until its outcome comes.
struct BanditChoice {
  BanditContext context{};
  float expected = 0.5F;  // reward that the rules expected of the target
};

// One target's model: ridge regression of (reward - expected) on the context. Plain data, for persistence.
struct BanditArm {
  std::string target;  // its name: targets come and go, what was learnt of one stays
  std::uint64_t n_outcomes = 0;
  float log_time_ratio = 0;                                   // of times taken over times expected, smoothed
  std::array<float, kBanditSize * kBanditSize> precision{};   // A = sum x x^T + identity, row major
  std::array<float, kBanditSize> moment{};                    // b = sum x (reward - expected)
  std::array<float, kBanditSize * kBanditSize> covariance{};  // A^-1
  std::array<float, kBanditSize> weights{};                   // A^-1 b
};

// Externally synchronised: choosing reads, learning writes.
class RouteBandit {
 public:
  static constexpr std::size_t kArmsMax = 64;  // the one with the fewest outcomes goes when another comes

  explicit RouteBandit(const RoutingBanditSettings& settings) : settings_(settings) {}

  // Reward over what the rules expect, and how unsure that is. Constant time, allocates nothing. An unknown target: 0
  // and the full bonus.
  struct Estimate {
    float gain = 0, bonus = 0;
  };
  [[nodiscard]] Estimate estimate(std::string_view target, const BanditContext& context) const;

  // What to multiply an expected time with: how this target kept to its projections here. 1: nothing learnt.
  [[nodiscard]] float time_factor(std::string_view target) const;

  // Whether a request may go where the bonus and not the gain leads: at most `explore_share` of requests do. Counts the
  // request.
  [[nodiscard]] bool may_explore() const { return explored_ < explore_allowance(); }
  void count(bool explored) {
    ++n_choices_;
    explored_ += explored ? 1 : 0;
  }

  void learn(std::string_view target, const BanditChoice& choice, const RouteOutcome& outcome);

  [[nodiscard]] const RoutingBanditSettings& settings() const { return settings_; }
  [[nodiscard]] const std::vector<BanditArm>& arms() const { return arms_; }
  [[nodiscard]] std::uint64_t n_choices() const { return n_choices_; }
  [[nodiscard]] std::uint64_t n_explored() const { return explored_; }
  // Takes up a saved state. InvalidData-like input is the reader's to refuse; figures that are not finite are dropped
  // with their arm.
  void restore(std::vector<BanditArm> arms, std::uint64_t n_choices, std::uint64_t n_explored);

 private:
  // A new machine may try a few times at once, later the share holds.
  [[nodiscard]] std::uint64_t explore_allowance() const {
    constexpr double kFirst = 5;
    return static_cast<std::uint64_t>(kFirst + settings_.explore_share * static_cast<double>(n_choices_));
  }
  BanditArm& arm_for(std::string_view target);

  RoutingBanditSettings settings_;
  std::vector<BanditArm> arms_;
  std::uint64_t n_choices_ = 0;
  std::uint64_t explored_ = 0;
};

}  // namespace hearth
