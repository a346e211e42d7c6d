// Random requests as clients send them: Poisson arrivals of mixed prompts. The same seed gives the same ones
// everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schedule/request_queue.h"

namespace hearth {

struct SimRequest {
  RequestId id = 0;
  std::string key;
  RequestPriority priority = RequestPriority::kNormal;
  std::uint64_t family = 0;         // requests of a family begin with the same tokens ...
  std::uint32_t family_tokens = 0;  // ... this many
  std::uint32_t prompt_tokens = 1;
  std::uint32_t answer_tokens = 1;   // when the model stops by itself
  std::uint32_t max_new_tokens = 1;  // when it is stopped
  AdapterSetId adapters = 0;
  std::optional<double> leaves_after_s;  // the client goes away
  std::optional<double> deadline_s;
  Instant arrived;
};

struct ArrivalMix {
  double per_s = 0.1;
  std::uint32_t prompt_min = 48;
  std::uint32_t prompt_max = 768;
  std::uint32_t answer_min = 64;
  std::uint32_t answer_max = 64;
  double long_share = 0;  // requests with a prompt of `long_tokens`
  std::uint32_t long_tokens = 4000;
  std::uint32_t keys = 4;
  std::uint32_t adapter_sets = 1;
  std::uint32_t families = 0;  // 0: no prompts share a beginning
  std::uint32_t family_tokens = 256;
  double leaving_share = 0;  // clients that go away within `leaves_within_s`
  double leaves_within_s = 10;
  double deadline_share = 0;
  double deadline_s = 30;
};

class PoissonArrivals {
 public:
  PoissonArrivals(const ArrivalMix& mix, std::uint64_t seed, Instant from);

  // Not before the one given last.
  [[nodiscard]] Instant next_at() const { return next_at_; }
  [[nodiscard]] SimRequest take();

 private:
  [[nodiscard]] double uniform();  // in [0, 1)
  [[nodiscard]] std::uint32_t between(std::uint32_t low, std::uint32_t high);

  ArrivalMix mix_;
  std::mt19937_64 random_;
  Instant next_at_;
  RequestId next_id_ = 1;
};

}  // namespace hearth
