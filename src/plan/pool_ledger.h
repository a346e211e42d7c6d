// Every byte a plan promises is drawn from here: RAM and the memory of each accelerator, in one book.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "domain/plan.h"

namespace hearth {

inline constexpr std::size_t kPoolsMax = 12;  // RAM and what a server holds in cards

// Bytes by pool, in the order of PoolLedger::pools(). A value, cheap to add and compare.
using PoolBytes = std::array<std::uint64_t, kPoolsMax>;

// A machine's pools. `limits` beyond the real pools bound a part of RAM: what an integrated GPU may use of it.
class PoolLedger {
 public:
  // RAM less the system's reserve and less what a container is not granted; of the request's budget, if it names one.
  PoolLedger(const HardwareProfile& machine, std::optional<std::uint64_t> budget_bytes);

  [[nodiscard]] std::size_t size() const { return pools_.size(); }
  [[nodiscard]] const std::vector<PlanPool>& pools() const { return pools_; }
  [[nodiscard]] static constexpr std::size_t ram() { return 0; }
  // The pool of an accelerator's own memory, or RAM where it has none.
  [[nodiscard]] std::size_t pool_of(const ProfileAccelerator& accelerator) const;
  // The bound on what a unified accelerator may use of RAM; nothing where there is none.
  [[nodiscard]] std::optional<std::size_t> bound_of(const ProfileAccelerator& accelerator) const;

  [[nodiscard]] std::uint64_t budget(std::size_t pool) const { return budgets_[pool]; }
  [[nodiscard]] bool fits(const PoolBytes& bytes) const;
  // What `bytes` exceed the budget by, in the pool where they do most; 0 where they fit.
  [[nodiscard]] std::uint64_t excess(const PoolBytes& bytes) const;
  // The plan's pools with what it takes of each; bounds are no pools.
  [[nodiscard]] std::vector<PlanPool> with_planned(const PoolBytes& bytes) const;

  [[nodiscard]] static PoolBytes sum(const PoolBytes& a, const PoolBytes& b);

 private:
  struct Bound {
    std::string accelerator;
    std::size_t slot = 0;
  };
  std::vector<PlanPool> pools_;
  std::vector<Bound> bounds_;
  PoolBytes budgets_{};   // of pools, then of bounds
  std::size_t used_ = 0;  // slots in use
  std::optional<std::uint64_t> total_budget_;
};

}  // namespace hearth
