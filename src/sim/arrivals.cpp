#include "sim/arrivals.h"

#include <cmath>

namespace hearth {

PoissonArrivals::PoissonArrivals(const ArrivalMix& mix, std::uint64_t seed, Instant from)
    : mix_(mix), random_(seed), next_at_(from) {
  next_at_ = after(next_at_, -std::log(1 - uniform()) / mix_.per_s);
}

// By hand: the standard's distributions differ between libraries.
double PoissonArrivals::uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

std::uint32_t PoissonArrivals::between(std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(random_() % (high - low + 1));
}

SimRequest PoissonArrivals::take() {
  SimRequest r;
  r.id = next_id_++;
  r.arrived = next_at_;
  r.key = "key " + std::to_string(between(1, mix_.keys));
  r.prompt_tokens = uniform() < mix_.long_share ? mix_.long_tokens : between(mix_.prompt_min, mix_.prompt_max);
  r.answer_tokens = between(mix_.answer_min, mix_.answer_max);
  r.max_new_tokens = mix_.answer_max;
  r.adapters = between(1, mix_.adapter_sets) - 1;
  if (mix_.families > 0) {
    r.family = between(1, mix_.families);
    r.family_tokens = std::min(mix_.family_tokens, r.prompt_tokens - 1);
  }
  if (uniform() < mix_.leaving_share) r.leaves_after_s = uniform() * mix_.leaves_within_s;
  if (uniform() < mix_.deadline_share) r.deadline_s = mix_.deadline_s;
  next_at_ = after(next_at_, -std::log(1 - uniform()) / mix_.per_s);
  return r;
}

}  // namespace hearth
