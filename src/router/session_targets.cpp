#include "router/session_targets.h"

#include <algorithm>

namespace hearth {
namespace {

std::size_t set_of(std::uint64_t session, std::size_t sets) {
  // Fibonacci hashing. Source: Knuth, "The Art of Computer Programming" 3, 6.4.
  return static_cast<std::size_t>((session * 0x9E3779B97F4A7C15U) >> 32U) % sets;
}

}  // namespace

TargetIndex SessionTargets::find(std::uint64_t session, std::chrono::steady_clock::time_point now,
                                 std::chrono::seconds kept) const {
  if (session == 0) return kNoTarget;
  for (const Place& place : places_[set_of(session, places_.size())])
    if (place.session == session) return now - place.used > kept ? kNoTarget : place.target;
  return kNoTarget;
}

void SessionTargets::put(std::uint64_t session, TargetIndex target, std::chrono::steady_clock::time_point now) {
  if (session == 0) return;
  auto& set = places_[set_of(session, places_.size())];
  auto place = std::ranges::find(set, session, &Place::session);
  if (place == set.end()) place = std::ranges::min_element(set, {}, &Place::used);
  *place = {session, now, target};
}

}  // namespace hearth
