// Router, swaps, schedulers, governor and watchdog together under faults by seed: what must hold whatever happens.
#include <gtest/gtest.h>

#include "whole_server_fixture.h"

namespace hearth {
namespace {

// Four cases, so that they run side by side.
TEST(WholeServer, keeps_its_promises_in_hours_1_to_50) { expect_promises_kept(1, 51); }
TEST(WholeServer, keeps_its_promises_in_hours_51_to_100) { expect_promises_kept(51, 101); }
TEST(WholeServer, keeps_its_promises_in_hours_101_to_150) { expect_promises_kept(101, 151); }
TEST(WholeServer, keeps_its_promises_in_hours_151_to_200) { expect_promises_kept(151, 201); }

TEST(WholeServer, replays_a_seed_exactly) {
  for (const std::uint64_t seed : {3U, 44U, 155U}) {
    const WholeServerRun once = simulate_server(seed);
    const WholeServerRun again = simulate_server(seed);
    EXPECT_EQ(once.digest, again.digest) << seed;
    EXPECT_EQ(once.counts.tokens, again.counts.tokens);
    EXPECT_NE(once.digest, simulate_server(seed + 1).digest);
  }
}

}  // namespace
}  // namespace hearth
