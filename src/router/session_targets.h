// Which target each conversation went to last, so that it stays where its prefix is warm.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "domain/route_target.h"

namespace hearth {

// A table of fixed size: of the conversations that fall into one set, the longest unused gives way. Allocates nothing.
// Externally synchronised.
class SessionTargets {
 public:
  static constexpr std::size_t kSessionsMax = 4096;

  // kNoTarget for session 0, an unknown one, and one unused for longer than `kept`.
  [[nodiscard]] TargetIndex find(std::uint64_t session, std::chrono::steady_clock::time_point now,
                                 std::chrono::seconds kept = std::chrono::hours(1)) const;
  void put(std::uint64_t session, TargetIndex target, std::chrono::steady_clock::time_point now);
  // Targets were numbered anew.
  void clear() { places_ = {}; }

 private:
  struct Place {
    std::uint64_t session = 0;
    std::chrono::steady_clock::time_point used{};
    TargetIndex target = kNoTarget;
  };
  static constexpr std::size_t kWays = 4;
  std::array<std::array<Place, kWays>, kSessionsMax / kWays> places_{};
};

}  // namespace hearth
