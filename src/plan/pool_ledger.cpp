#include "plan/pool_ledger.h"

#include <algorithm>

namespace hearth {
namespace {

// What a driver keeps of a card's memory for itself and the display.
constexpr std::uint64_t kCardReserve = 600ULL << 20U;

std::uint64_t less(std::uint64_t from, std::uint64_t take) { return from > take ? from - take : 0; }

PlanPool ram_pool(const HardwareProfile& machine) {
  PlanPool ram;
  ram.pool = "ram";
  if (machine.memory.total_bytes) ram.capacity_bytes = machine.memory.total_bytes->value;
  ram.reserved_bytes = std::min(machine.os_reserve_bytes.value, ram.capacity_bytes);
  ram.budget_bytes = ram.capacity_bytes - ram.reserved_bytes;
  // a container's limit counts what the program itself needs, but not the host's system
  if (machine.limits.memory_bytes && machine.limits.memory_bytes->value < ram.budget_bytes)
    ram.budget_bytes = machine.limits.memory_bytes->value;
  return ram;
}

}  // namespace

PoolLedger::PoolLedger(const HardwareProfile& machine, std::optional<std::uint64_t> budget_bytes)
    : total_budget_(budget_bytes) {
  pools_.push_back(ram_pool(machine));
  for (const auto& accelerator : machine.accelerators) {
    if (accelerator.unified || !accelerator.memory_bytes || pools_.size() + 1 >= kPoolsMax) continue;
    PlanPool pool;
    pool.pool = accelerator.id;
    pool.capacity_bytes = accelerator.memory_bytes->value;
    pool.reserved_bytes = std::min(kCardReserve, pool.capacity_bytes);
    pool.budget_bytes = pool.capacity_bytes - pool.reserved_bytes;
    pools_.push_back(std::move(pool));
  }
  for (auto& pool : pools_) {
    if (total_budget_) pool.budget_bytes = std::min(pool.budget_bytes, *total_budget_);
    budgets_[used_++] = pool.budget_bytes;
  }
  for (const auto& accelerator : machine.accelerators) {
    if (!accelerator.unified || !accelerator.max_working_set_bytes || used_ >= kPoolsMax) continue;
    bounds_.push_back({accelerator.id, used_});
    budgets_[used_++] = std::min(pools_.front().budget_bytes, accelerator.max_working_set_bytes->value);
  }
}

std::size_t PoolLedger::pool_of(const ProfileAccelerator& accelerator) const {
  for (std::size_t i = 1; i < pools_.size(); ++i)
    if (pools_[i].pool == accelerator.id) return i;
  return ram();
}

std::optional<std::size_t> PoolLedger::bound_of(const ProfileAccelerator& accelerator) const {
  for (const auto& bound : bounds_)
    if (bound.accelerator == accelerator.id) return bound.slot;
  return std::nullopt;
}

std::uint64_t PoolLedger::excess(const PoolBytes& bytes) const {
  std::uint64_t worst = 0;
  for (std::size_t i = 0; i < used_; ++i) worst = std::max(worst, less(bytes[i], budgets_[i]));
  if (total_budget_) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < pools_.size(); ++i) total += bytes[i];
    worst = std::max(worst, less(total, *total_budget_));
  }
  return worst;
}

bool PoolLedger::fits(const PoolBytes& bytes) const { return excess(bytes) == 0; }

std::vector<PlanPool> PoolLedger::with_planned(const PoolBytes& bytes) const {
  std::vector<PlanPool> out = pools_;
  std::uint64_t planned = 0;
  for (std::size_t i = 0; i < out.size(); ++i) planned += out[i].planned_bytes = bytes[i];
  if (!total_budget_) return out;
  // one budget over all pools: each shows what the plan takes of it, and the rest goes to the first that have room
  std::uint64_t rest = less(*total_budget_, planned);
  for (auto& pool : out) {
    const std::uint64_t room = std::min(rest, less(pool.budget_bytes, pool.planned_bytes));
    pool.budget_bytes = pool.planned_bytes + room;
    rest -= room;
  }
  return out;
}

PoolBytes PoolLedger::sum(const PoolBytes& a, const PoolBytes& b) {
  PoolBytes out{};
  for (std::size_t i = 0; i < kPoolsMax; ++i) out[i] = a[i] + b[i];
  return out;
}

}  // namespace hearth
