// Ladders: the ordered ways in which a modality does with less. Data, not code: data/policies/ladders.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/telemetry.h"
#include "hearth/result.h"

namespace hearth {

// Why less is needed.
enum class Strain { kHeat, kMemory, kBattery, kLoad };
inline constexpr std::size_t kStrains = 4;
[[nodiscard]] std::string_view strain_name(Strain strain);

// What a rung asks of the engine. Absent: as planned.
struct RungSettings {
  std::optional<double> concurrency_share;  // of the planned parallel streams
  std::optional<double> threads_share;      // of the planned threads, for decoding
  std::optional<double> clock_share;        // of the highest clock, where it may be set
  std::optional<double> context_share;      // of the planned context for each user
  std::optional<std::string> kv_type;       // "q8_0", "q4_0"
  std::optional<bool> speculation;
  std::optional<std::string> model;      // "smaller", "floor": the plan's choice of that name
  std::optional<std::string> precision;  // "int8", "q3_k_m", ...
  std::optional<std::uint32_t> max_new_tokens;
  std::optional<std::uint32_t> resolution;  // of the longer side, in pixels
  std::optional<std::uint32_t> frame_every;
  std::optional<std::string> device;  // "cpu"
  std::optional<bool> remote;         // another machine of the user's answers
  // Settings of `later`, where it has them, over these.
  [[nodiscard]] RungSettings with(const RungSettings& later) const;
};

// One step down. Shares compare it with the rung above it: 0.8 of the power means a fifth is saved.
struct LadderRung {
  std::string name, action, quality_cost;
  double quality_share = 1;
  double power_share = 1;
  double memory_share = 1;
  double time_share = 1;  // of the computing for one token, frame or second of sound
  RungSettings settings;
  // Of the time of decoding, waited for memory, from which on the rung saves anything; below it the cores that rest are
  // missed, and the same work takes more energy.
  double memory_bound_least = 0;
};

// Rungs add up: on rung k all up to k are in force. Rung 0 is as planned.
struct Ladder {
  Modality modality = Modality::kText;
  std::vector<LadderRung> rungs;
  std::vector<std::string> device_classes;  // of catalogue devices; empty: all that have no ladder of their own

  [[nodiscard]] std::size_t last() const { return rungs.size() - 1; }
  // Of rung `k` against rung 0. Load asks for time, memory for bytes, heat and battery for the energy of the same
  // work: power times time. (Where more work waits than can be done, less time is more work and only power saves.)
  [[nodiscard]] double share(std::size_t k, Strain strain) const;
  [[nodiscard]] double quality(std::size_t k) const;
  [[nodiscard]] RungSettings settings(std::size_t k) const;
  // The next rung below `k` that relieves the strain, not below `floor`; absent when there is none.
  [[nodiscard]] std::optional<std::size_t> next(std::size_t k, Strain strain, std::size_t floor) const;
};

// The ladder of a machine that waits for memory during `share` of the time of decoding.
[[nodiscard]] Ladder for_memory_bound(Ladder ladder, double share);

// kInvalidData, naming the rung, when shares leave (0, 1], a rung saves nothing, or rung 0 changes anything.
[[nodiscard]] Status check_ladder(const Ladder& ladder);

}  // namespace hearth
