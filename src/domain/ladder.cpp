#include "domain/ladder.h"

#include <array>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr std::array<std::string_view, kStrains> kStrainNames = {"heat", "memory", "battery", "load"};

// A step costs half a minute of waiting for its effect: less than a twentieth isn't worth it.
constexpr double kWorthwhile = 0.95;

double share_of(const LadderRung& rung, Strain strain) {
  switch (strain) {
    case Strain::kMemory: return rung.memory_share;
    case Strain::kLoad: return rung.time_share;
    case Strain::kHeat:
    case Strain::kBattery: break;
  }
  return rung.power_share * rung.time_share;
}

template <class T>
void take(std::optional<T>& to, const std::optional<T>& from) {
  if (from) to = from;
}

bool is_share(double value) { return value > 0 && value <= 1; }

}  // namespace

std::string_view strain_name(Strain strain) { return kStrainNames[static_cast<std::size_t>(strain)]; }

RungSettings RungSettings::with(const RungSettings& later) const {
  RungSettings all = *this;
  take(all.concurrency_share, later.concurrency_share);
  take(all.threads_share, later.threads_share);
  take(all.clock_share, later.clock_share);
  take(all.context_share, later.context_share);
  take(all.kv_type, later.kv_type);
  take(all.speculation, later.speculation);
  take(all.model, later.model);
  take(all.precision, later.precision);
  take(all.max_new_tokens, later.max_new_tokens);
  take(all.resolution, later.resolution);
  take(all.frame_every, later.frame_every);
  take(all.device, later.device);
  take(all.remote, later.remote);
  return all;
}

double Ladder::share(std::size_t k, Strain strain) const {
  double product = 1;
  for (std::size_t i = 0; i <= k && i < rungs.size(); ++i) product *= share_of(rungs[i], strain);
  return product;
}

double Ladder::quality(std::size_t k) const {
  double product = 1;
  for (std::size_t i = 0; i <= k && i < rungs.size(); ++i) product *= rungs[i].quality_share;
  return product;
}

RungSettings Ladder::settings(std::size_t k) const {
  RungSettings all;
  for (std::size_t i = 0; i <= k && i < rungs.size(); ++i) all = all.with(rungs[i].settings);
  return all;
}

std::optional<std::size_t> Ladder::next(std::size_t k, Strain strain, std::size_t floor) const {
  for (std::size_t i = k + 1; i < rungs.size() && i <= floor; ++i)
    if (share_of(rungs[i], strain) <= kWorthwhile) return i;
  return std::nullopt;
}

Ladder for_memory_bound(Ladder ladder, double share) {
  std::erase_if(ladder.rungs, [share](const LadderRung& rung) { return share < rung.memory_bound_least; });
  return ladder;
}

Status check_ladder(const Ladder& ladder) {
  const auto refuse = [&](const LadderRung& rung, std::string_view why) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("rung '{}' of the {} ladder {}", rung.name, modality_name(ladder.modality), why));
  };
  if (ladder.rungs.empty())
    return fail(ErrorCode::kInvalidData, fmt::format("the {} ladder has no rungs", modality_name(ladder.modality)));
  for (std::size_t i = 0; i < ladder.rungs.size(); ++i) {
    const LadderRung& rung = ladder.rungs[i];
    for (const double share : {rung.quality_share, rung.power_share, rung.memory_share, rung.time_share})
      if (!is_share(share))
        return refuse(rung, fmt::format("has a share of {}; shares lie above 0 and up to 1", share));
    if (!(rung.memory_bound_least >= 0 && rung.memory_bound_least <= 1))
      return refuse(
          rung, fmt::format("asks for a memory-bound share of {}; it lies between 0 and 1", rung.memory_bound_least));
    const bool saves = rung.power_share < 1 || rung.memory_share < 1 || rung.time_share < 1;
    if (i == 0 && (saves || rung.memory_bound_least > 0 || rung.quality_share < 1))
      return refuse(rung, "is the first, which is as planned: it saves nothing");
    if (i > 0 && !saves) return refuse(rung, "saves neither power nor memory nor time; leave it out");
  }
  return {};
}

}  // namespace hearth
