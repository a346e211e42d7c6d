// The property of routing_properties_test.cpp, a million times.
#include <gtest/gtest.h>

#include "random_states.h"

namespace hearth {
namespace {

TEST(RoutingMillionTest, nothing_secret_leaves_in_a_million_random_states) { hold_in_random_states(1'000'000, 2); }

}  // namespace
}  // namespace hearth
