#include "router/route_bandit.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hearth {
namespace {

constexpr std::size_t kN = kBanditSize;
constexpr float kTimeWeight = 0.05F;  // of the newest time: about twenty count
// How many outcomes' worth of "as the rules expect" each weight begins with: fewer learn faster and err more at first.
constexpr float kPrior = 1.0F;

float squash(float value, float scale) { return value <= 0 ? 0 : value / (value + scale); }

// Inverse of a symmetric positive definite matrix by Cholesky; false where it is none.
// Source: Golub, Van Loan, "Matrix Computations", 4.2.
bool invert(const std::array<float, kN * kN>& matrix, std::array<float, kN * kN>& inverse) {
  std::array<double, kN * kN> lower{};
  for (std::size_t i = 0; i < kN; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = matrix[i * kN + j];
      for (std::size_t k = 0; k < j; ++k) sum -= lower[i * kN + k] * lower[j * kN + k];
      if (i == j && sum <= 1e-9) return false;
      lower[i * kN + j] = i == j ? std::sqrt(sum) : sum / lower[j * kN + j];
    }
  }
  for (std::size_t column = 0; column < kN; ++column) {
    std::array<double, kN> x{};
    for (std::size_t i = 0; i < kN; ++i) {
      double sum = i == column ? 1 : 0;
      for (std::size_t k = 0; k < i; ++k) sum -= lower[i * kN + k] * x[k];
      x[i] = sum / lower[i * kN + i];
    }
    for (std::size_t i = kN; i-- > 0;) {
      double sum = x[i];
      for (std::size_t k = i + 1; k < kN; ++k) sum -= lower[k * kN + i] * x[k];
      x[i] = sum / lower[i * kN + i];
      inverse[i * kN + column] = static_cast<float>(x[i]);
    }
  }
  return true;
}

void solve(BanditArm& arm) {
  if (!invert(arm.precision, arm.covariance)) return;  // the last good solution stays
  for (std::size_t i = 0; i < kN; ++i) {
    float sum = 0;
    for (std::size_t j = 0; j < kN; ++j) sum += arm.covariance[i * kN + j] * arm.moment[j];
    arm.weights[i] = sum;
  }
}

BanditArm new_arm(std::string_view target) {
  BanditArm arm;
  arm.target = target;
  for (std::size_t i = 0; i < kN; ++i) {
    arm.precision[i * kN + i] = kPrior;
    arm.covariance[i * kN + i] = 1 / kPrior;
  }
  return arm;
}

bool finite(const BanditArm& arm) {
  const auto all = [](const auto& values) {
    return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
  };
  return all(arm.precision) && all(arm.moment) && std::isfinite(arm.log_time_ratio);
}

}  // namespace

BanditContext bandit_context(const RouteDecision& decision, const MachineState& machine, const RouteRequest& request) {
  BanditContext context{};
  context[0] = 1;
  context[1 + static_cast<std::size_t>(decision.verdict.intent)] = 1;
  context[11] = decision.verdict.difficulty;
  context[12] = squash(static_cast<float>(decision.features.n_tokens), 1000);
  context[13] = squash(static_cast<float>(request.max_tokens), 500);
  context[14] = squash(static_cast<float>(request.slo.count()), 4000);
  context[15] = std::clamp((machine.temperature_c.value_or(50.0F) - 50) / 50, -1.0F, 1.0F);
  context[16] = machine.on_ac ? 0.0F : 1.0F - machine.battery.value_or(1.0F);
  context[17] = squash(machine.queue, 4);
  return context;
}

float reward_of(const RouteOutcome& outcome) {
  // In log odds: a met SLO and no complaint is about 0.9, a missed one about 0.3, an aborted or failed one below 0.15.
  float odds = 2.2F;
  if (!outcome.slo_met) odds -= 3.0F;
  if (outcome.failed) odds -= 4.5F;
  if (outcome.aborted) odds -= 2.5F;
  if (outcome.retried) odds -= 2.5F;
  odds += outcome.thumbs > 0 ? 1.0F : outcome.thumbs < 0 ? -3.5F : 0.0F;
  odds -= std::clamp(outcome.energy_share, 0.0F, 2.0F) * 0.8F;
  odds -= std::clamp(outcome.latency_share, 0.0F, 2.0F) * 0.5F;
  return 1 / (1 + std::exp(-odds));
}

RouteBandit::Estimate RouteBandit::estimate(std::string_view target, const BanditContext& context) const {
  const auto arm = std::ranges::find(arms_, target, &BanditArm::target);
  float gain = 0;
  float variance = 0;
  if (arm == arms_.end()) {
    for (const float x : context) variance += x * x / kPrior;
  } else {
    for (std::size_t i = 0; i < kN; ++i) {
      if (context[i] == 0) continue;
      gain += arm->weights[i] * context[i];
      float row = 0;
      for (std::size_t j = 0; j < kN; ++j) row += arm->covariance[i * kN + j] * context[j];
      variance += context[i] * row;
    }
  }
  // Source: Li, Chu, Langford, Schapire, "A Contextual-Bandit Approach to Personalized News Article Recommendation",
  // 2010, algorithm 1.
  return {gain, static_cast<float>(settings_.exploration) * std::sqrt(std::max(variance, 0.0F))};
}

BanditArm& RouteBandit::arm_for(std::string_view target) {
  const auto found = std::ranges::find(arms_, target, &BanditArm::target);
  if (found != arms_.end()) return *found;
  if (arms_.size() >= kArmsMax) arms_.erase(std::ranges::min_element(arms_, {}, &BanditArm::n_outcomes));
  return arms_.emplace_back(new_arm(target));
}

float RouteBandit::time_factor(std::string_view target) const {
  const auto arm = std::ranges::find(arms_, target, &BanditArm::target);
  return arm == arms_.end() ? 1.0F : std::exp(arm->log_time_ratio);
}

void RouteBandit::learn(std::string_view target, const BanditChoice& choice, const RouteOutcome& outcome) {
  const float reward = reward_of(outcome);
  if (!std::isfinite(reward) || !std::isfinite(choice.expected)) return;
  BanditArm& arm = arm_for(target);
  if (outcome.time_ratio > 0 && std::isfinite(outcome.time_ratio)) {
    // The mean of the first ones, then a moving one; a single stall counts no more than five times too long.
    const float weight = std::max(kTimeWeight, 1.0F / static_cast<float>(arm.n_outcomes + 1));
    const float now = std::log(std::clamp(outcome.time_ratio, 0.2F, 5.0F));
    arm.log_time_ratio += weight * (now - arm.log_time_ratio);
  }
  const auto kept = static_cast<float>(settings_.forget);
  const float error = reward - choice.expected;
  for (std::size_t i = 0; i < kN; ++i) {
    arm.moment[i] = kept * arm.moment[i] + choice.context[i] * error;
    for (std::size_t j = 0; j < kN; ++j) {
      const float prior = i == j ? kPrior * (1.0F - kept) : 0.0F;  // what is forgotten goes back to knowing nothing
      arm.precision[i * kN + j] = kept * arm.precision[i * kN + j] + prior + choice.context[i] * choice.context[j];
    }
  }
  ++arm.n_outcomes;
  solve(arm);
}

void RouteBandit::restore(std::vector<BanditArm> arms, std::uint64_t n_choices, std::uint64_t n_explored) {
  arms_.clear();
  for (BanditArm& arm : arms) {
    if (arms_.size() >= kArmsMax || !finite(arm)) continue;
    BanditArm restored = new_arm(arm.target);
    restored.n_outcomes = arm.n_outcomes;
    restored.log_time_ratio = std::clamp(arm.log_time_ratio, -2.0F, 2.0F);
    restored.precision = arm.precision;
    restored.moment = arm.moment;
    solve(restored);
    arms_.push_back(std::move(restored));
  }
  n_choices_ = n_choices;
  explored_ = std::min(n_explored, n_choices);
}

}  // namespace hearth
