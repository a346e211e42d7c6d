// Ten thousand hours of the whole simulated server.
#include <gtest/gtest.h>

#include "whole_server_fixture.h"

namespace hearth {
namespace {

class WholeServerLong : public testing::TestWithParam<std::uint64_t> {};

TEST_P(WholeServerLong, keeps_its_promises_for_a_thousand_hours) {
  expect_promises_kept(1000 * GetParam() + 1, 1000 * GetParam() + 1001);
}
INSTANTIATE_TEST_SUITE_P(Thousands, WholeServerLong, testing::Range<std::uint64_t>(0, 10));

}  // namespace
}  // namespace hearth
