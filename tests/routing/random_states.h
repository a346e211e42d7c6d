// Random requests, machines and verdicts, and what must hold in all of them.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "domain/route_target.h"
#include "router/route_bandit.h"
#include "routing_fixture.h"

namespace hearth {

class RandomStates {
 public:
  explicit RandomStates(std::uint64_t seed) : random_(seed) {}

  float uniform() { return static_cast<float>(random_() >> 40U) * 0x1.0p-24F; }
  bool chance(float share) { return uniform() < share; }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  RouteRequest request() {
    RouteRequest r;
    r.security = static_cast<SecurityLevel>(below(3));
    r.quality = static_cast<QualityWish>(below(4));
    r.has_tools = chance(0.3F);
    r.has_json_schema = chance(0.2F);
    r.audio_wanted = chance(0.2F);
    r.max_tokens = chance(0.5F) ? below(4000) : 0;
    r.slo = std::chrono::milliseconds(chance(0.5F) ? below(20'000) : 0);
    return r;
  }
  RouteDecision decision() {
    RouteDecision d = decided(static_cast<Intent>(below(kIntentCount)), uniform());
    d.verdict.abstained = chance(0.2F);
    d.verdict.degrade_ok = chance(0.4F);
    d.exit = static_cast<ExitReason>(below(6));
    d.features.n_tokens = below(60'000);
    d.features.image = chance(0.2F);
    d.features.audio = chance(0.2F);
    d.features.video = chance(0.05F);
    d.privacy.personal = chance(0.3F);
    return d;
  }
  MachineState machine(std::vector<TargetState>& states) {
    for (TargetState& state : states) {
      state.available = chance(0.9F);
      state.loaded = chance(0.4F);
      state.warm_prefix_tokens = below(3000);
      state.queue = static_cast<std::uint16_t>(below(12));
    }
    MachineState m;
    m.targets = states;
    if (chance(0.8F)) m.temperature_c = 30 + 80 * uniform();
    if (chance(0.5F)) m.battery = uniform();
    m.on_ac = chance(0.5F);
    if (chance(0.8F)) m.memory_free_bytes = static_cast<std::uint64_t>(below(16)) << 30U;
    if (chance(0.6F)) m.vram_free_bytes = static_cast<std::uint64_t>(below(24)) << 30U;
    if (chance(0.6F)) m.gpu_load = uniform();
    if (chance(0.6F)) m.clock_share = uniform();
    m.queue = static_cast<std::uint16_t>(below(64));
    m.session_target = static_cast<std::int8_t>(static_cast<int>(below(11)) - 1);
    m.remote_allowed = chance(0.7F);
    return m;
  }

 private:
  std::mt19937_64 random_;
};

// Taught that what is far is best, and everything here is bad.
[[nodiscard]] RouteBandit misled_bandit(const std::vector<RouteTarget>& targets);

// Airgapped requests go to CPU engines of this machine; private and personal ones, and all where the plan forbids it,
// to nothing remote; nothing goes to what is not there. Asserts so in `n` states.
void hold_in_random_states(std::uint64_t n, std::uint64_t seed);

}  // namespace hearth
