#include "sim/route_world.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr std::size_t kSessionsKept = 8;
constexpr double kWarmPrefix = 0.8;  // of a conversation's prompt, on the target that it is with
// How the day's requests are spread over intents. Source: our own choice: mostly chat, some of everything else.
constexpr std::array<double, kIntentCount> kIntentShare = {0.34, 0.2, 0, 0, 0, 0.12, 0.08, 0.14, 0.12, 0};
constexpr std::array<double, kIntentCount> kAnswerTokens = {180, 350, 100, 100, 60, 70, 800, 130, 8, 50};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::size_t lane_of(const RouteTarget& target) {
  return std::min<std::size_t>(static_cast<std::size_t>(target.device), 2);
}

}  // namespace

RouteWorld::RouteWorld(std::vector<RouteTarget> targets, const RoutingWeights& weights,
                       const RouteWorldOptions& options, std::uint64_t seed)
    : targets_(std::move(targets)),
      weights_(weights),
      options_(options),
      random_(seed),
      outcome_random_(seed ^ 0x9E3779B97F4A7C15U),
      states_(targets_.size()) {
  for (const RouteTarget& target : targets_) {
    speed_.push_back(std::exp(options_.speed_error * normal()));
    auto& by_intent = quality_.emplace_back();
    for (std::size_t i = 0; i < kIntentCount; ++i) {
      by_intent[i] = static_cast<double>(target.quality) + options_.quality_error * normal();
      if (i == static_cast<std::size_t>(Intent::kCode) && target.can(Skill::kCode)) by_intent[i] += 0.15;
    }
  }
}

double RouteWorld::uniform() { return static_cast<double>(random_() >> 11U) * 0x1.0p-53; }

// Source: Box, Muller, "A Note on the Generation of Random Normal Deviates", 1958.
double RouteWorld::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * 3.14159265358979323846 * uniform());
}

const RouteWorld::Lane& RouteWorld::lane(TargetIndex target) const {
  return lanes_[lane_of(targets_[static_cast<std::size_t>(target)])];
}

bool RouteWorld::is_loaded(TargetIndex target) const {
  const Lane& l = lane(target);
  return l.loaded[0] == target || l.loaded[1] == target;
}

void RouteWorld::cool_to(double now_s) {
  temperature_c_ = options_.ambient_c +
                   (temperature_c_ - options_.ambient_c) * std::exp(-options_.cooling_per_s * (now_s - cooled_s_));
  cooled_s_ = now_s;
}

WorldRequest RouteWorld::next() {
  now_s_ += -std::log(1 - uniform()) / options_.arrivals_per_s;
  cool_to(now_s_);
  WorldRequest r;
  double at = uniform();
  std::size_t intent = 0;
  while (intent + 1 < kIntentCount && at >= kIntentShare[intent]) at -= kIntentShare[intent++];
  IntentVerdict& verdict = r.given.verdict;
  verdict.intent = static_cast<Intent>(intent);
  verdict.difficulty = static_cast<float>(std::clamp(0.4 + 0.25 * normal(), 0.0, 1.0));
  verdict.degrade_ok = verdict.difficulty < 0.3F;
  verdict.confidence = static_cast<float>(0.6 + 0.4 * uniform());
  verdict.abstained = verdict.confidence < 0.65F;
  r.given.features.n_tokens = static_cast<std::uint32_t>(30 + 600 * -std::log(1 - uniform()));
  r.answer_tokens = static_cast<std::uint32_t>(1 + kAnswerTokens[intent] * (0.5 + uniform()));
  const double secrecy = uniform();
  if (secrecy < options_.airgap_share)
    r.request.security = SecurityLevel::kAirgap;
  else if (secrecy < options_.airgap_share + options_.private_share)
    r.request.security = SecurityLevel::kPrivate;
  r.given.privacy.personal = uniform() < 0.15;
  // People want an answer within what is usual for its length, some sooner.
  const double slo_s = (1.5 + kAnswerTokens[intent] / 40) * (0.6 + 2.4 * uniform());
  if (uniform() < options_.slo_share)
    r.request.slo = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * slo_s));
  const bool goes_on = uniform() < options_.session_share;
  const auto pick = static_cast<std::size_t>(uniform() * kSessionsKept);
  r.request.session = goes_on && pick < sessions_.size() ? sessions_[pick].first : next_session_++;
  return r;
}

MachineState RouteWorld::machine(const WorldRequest& request) {
  MachineState m;
  m.temperature_c = static_cast<float>(temperature_c_);
  m.battery = static_cast<float>(battery_);
  m.on_ac = std::fmod(now_s_ / 3600, 6.0) < 4.0;  // four hours at the desk, two away from it
  for (const auto& [session, target] : sessions_)
    if (session == request.request.session) m.session_target = target;
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const Lane& l = lane(static_cast<TargetIndex>(i));
    const auto busy = std::ranges::count_if(l.ends_s, [&](double end) { return end > now_s_; });
    states_[i].loaded = is_loaded(static_cast<TargetIndex>(i));
    states_[i].queue = static_cast<std::uint16_t>(busy);
    const bool warm = m.session_target == static_cast<TargetIndex>(i) && states_[i].loaded;
    states_[i].warm_prefix_tokens =
        warm ? static_cast<std::uint32_t>(kWarmPrefix * request.given.features.n_tokens) : 0;
    waiting = std::max(waiting, static_cast<std::size_t>(busy));
  }
  m.queue = static_cast<std::uint16_t>(waiting);
  m.gpu_load = lanes_[1].free_at_s > now_s_ ? 1.0F : 0.0F;
  m.cpu_load = lanes_[0].free_at_s > now_s_ ? 1.0F : 0.1F;
  m.clock_share = temperature_c_ > options_.throttle_c ? 0.5F : 1.0F;
  m.remote_allowed = false;
  m.targets = states_;
  return m;
}

double RouteWorld::work_s(const WorldRequest& request, TargetIndex target) const {
  const auto at = static_cast<std::size_t>(target);
  const RouteTarget& t = targets_[at];
  const bool throttled = t.device == TargetDevice::kGpu && temperature_c_ > options_.throttle_c;
  const double speed = speed_[at] * (throttled ? 0.5 : 1.0);
  double prompt = request.given.features.n_tokens;
  for (const auto& [session, where] : sessions_)
    if (session == request.request.session && where == target && is_loaded(target)) prompt *= 1 - kWarmPrefix;
  const double compute = prompt / t.prefill_tok_s + static_cast<double>(request.answer_tokens) / t.decode_tok_s;
  return compute / speed + (is_loaded(target) ? 0 : t.load_s);
}

RouteProspect RouteWorld::prospect(const WorldRequest& request, TargetIndex target) const {
  const auto at = static_cast<std::size_t>(target);
  const RouteTarget& t = targets_[at];
  RouteProspect p;
  p.possible = t.can(Skill::kText) && request.given.features.n_tokens < t.context_length &&
               (request.request.security != SecurityLevel::kAirgap || t.device == TargetDevice::kCpu) &&
               t.device != TargetDevice::kRemote;
  if (!p.possible) return p;
  const double work = work_s(request, target);
  const double total_s = std::max(0.0, lane(target).free_at_s - now_s_) + work;
  p.total_ms = static_cast<float>(1000 * total_s);
  const auto slo = static_cast<double>(request.request.slo.count());
  p.outcome.slo_met = slo <= 0 || p.total_ms <= slo;
  p.outcome.latency_share = static_cast<float>(p.total_ms / (slo > 0 ? slo : weights_.patience_ms));
  p.outcome.energy_share = static_cast<float>(t.power_w * work / weights_.energy_j);
  const double quality = quality_[at][static_cast<std::size_t>(request.given.verdict.intent)];
  const double wanted = 0.1 + 0.6 * static_cast<double>(request.given.verdict.difficulty);
  p.satisfied = static_cast<float>(sigmoid(9 * (quality - wanted)));
  RouteOutcome disappointed = p.outcome;
  disappointed.retried = true;
  p.reward = p.satisfied * reward_of(p.outcome) + (1 - p.satisfied) * reward_of(disappointed);
  return p;
}

RouteOutcome RouteWorld::run(const WorldRequest& request, TargetIndex target) {
  const RouteProspect p = prospect(request, target);
  const RouteTarget& t = targets_[static_cast<std::size_t>(target)];
  const double work = work_s(request, target);
  Lane& l = lanes_[lane_of(t)];
  std::erase_if(l.ends_s, [&](double end) { return end <= now_s_; });
  l.free_at_s = std::max(l.free_at_s, now_s_) + work;
  l.ends_s.push_back(l.free_at_s);
  if (l.loaded[0] != target) {
    l.loaded[1] = l.loaded[0];
    l.loaded[0] = target;
  }
  temperature_c_ += options_.heat_c_per_kj * t.power_w * work / 1000;
  const bool on_ac = std::fmod(now_s_ / 3600, 6.0) < 4.0;
  battery_ = on_ac ? std::min(1.0, battery_ + 0.002)
                   : std::max(0.02, battery_ - t.power_w * work / 3600 / options_.battery_wh);
  std::erase_if(sessions_, [&](const auto& s) { return s.first == request.request.session; });
  sessions_.emplace_back(request.request.session, target);
  if (sessions_.size() > kSessionsKept) sessions_.erase(sessions_.begin());
  RouteOutcome outcome = p.outcome;
  outcome.retried = static_cast<double>(outcome_random_() >> 11U) * 0x1.0p-53 >= static_cast<double>(p.satisfied);
  return outcome;
}

}  // namespace hearth
