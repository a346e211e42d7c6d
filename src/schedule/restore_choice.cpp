#include "schedule/restore_choice.h"

namespace hearth {

RestoreChoice choose_restore(const PrefixMatch& match, std::uint32_t prompt_tokens, const RestoreCosts& costs) {
  const auto recompute_s = [&](std::uint32_t from) {
    return from < prompt_tokens ? costs.prefill->prefill_seconds(from, prompt_tokens - from, costs.chunk_tokens) : 0;
  };
  RestoreChoice best;
  best.recompute_s = recompute_s(0);
  double restore_s = 0;
  for (std::size_t i = 0; i < match.segments.size(); ++i) {
    const CacheSegment& segment = match.segments[i];
    const TransferCost* tier = costs.tiers[static_cast<std::size_t>(segment.tier)];
    if (tier != nullptr) restore_s += tier->seconds(segment.bytes);
    const double rest_s = recompute_s(segment.end);
    if (restore_s + rest_s > best.restore_s + best.recompute_s) continue;
    best = {i + 1, segment.end, restore_s, rest_s};
  }
  return best;
}

}  // namespace hearth
