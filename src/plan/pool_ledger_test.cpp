#include "plan/pool_ledger.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;

HardwareProfile machine(std::uint64_t ram_gib, std::uint64_t reserve_gib) {
  HardwareProfile out;
  out.memory.total_bytes = Fact<std::uint64_t>{ram_gib * kGiB};
  out.os_reserve_bytes = {reserve_gib * kGiB};
  return out;
}

ProfileAccelerator card(const std::string& id, std::uint64_t gib) {
  ProfileAccelerator out;
  out.kind = "gpu";
  out.id = id;
  out.memory_bytes = Fact<std::uint64_t>{gib * kGiB};
  return out;
}

TEST(PoolLedger, ram_is_what_the_system_and_the_container_leave) {
  HardwareProfile here = machine(16, 2);
  EXPECT_EQ(PoolLedger(here, {}).budget(0), 14 * kGiB);
  here.limits.memory_bytes = Fact<std::uint64_t>{4 * kGiB};
  EXPECT_EQ(PoolLedger(here, {}).budget(0), 4 * kGiB);
}

TEST(PoolLedger, a_card_is_a_pool_and_an_integrated_device_a_bound_on_ram) {
  HardwareProfile here = machine(16, 2);
  here.accelerators = {card("gpu0", 8)};
  ProfileAccelerator unified = card("gpu1", 0);
  unified.memory_bytes.reset();
  unified.unified = true;
  unified.max_working_set_bytes = Fact<std::uint64_t>{10 * kGiB};
  here.accelerators.push_back(unified);
  const PoolLedger ledger(here, {});
  ASSERT_EQ(ledger.size(), 2U);
  EXPECT_EQ(ledger.pool_of(here.accelerators[0]), 1U);
  EXPECT_EQ(ledger.pool_of(here.accelerators[1]), PoolLedger::ram());
  const auto bound = ledger.bound_of(here.accelerators[1]);
  ASSERT_TRUE(bound);
  PoolBytes bytes{};
  bytes[0] = bytes[*bound] = 11 * kGiB;
  EXPECT_EQ(ledger.excess(bytes), kGiB);
  bytes[0] = bytes[*bound] = 10 * kGiB;
  EXPECT_TRUE(ledger.fits(bytes));
}

TEST(PoolLedger, one_budget_over_all_pools_is_shown_as_budgets_that_add_up_to_it) {
  HardwareProfile here = machine(16, 2);
  here.accelerators = {card("gpu0", 8)};
  const PoolLedger ledger(here, 6 * kGiB);
  PoolBytes bytes{};
  bytes[0] = kGiB;
  bytes[1] = 4 * kGiB;
  EXPECT_TRUE(ledger.fits(bytes));
  std::uint64_t sum = 0;
  for (const auto& pool : ledger.with_planned(bytes)) {
    EXPECT_LE(pool.planned_bytes, pool.budget_bytes);
    sum += pool.budget_bytes;
  }
  EXPECT_EQ(sum, 6 * kGiB);
  bytes[1] = 6 * kGiB;
  EXPECT_EQ(ledger.excess(bytes), kGiB);
}

}  // namespace
}  // namespace hearth
