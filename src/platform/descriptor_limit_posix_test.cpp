#include "platform/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace hearth {
namespace {

TEST(DescriptorLimit, is_raised_as_far_as_allowed_and_never_lowered) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_max, 256);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(300), std::min<rlim_t>(before.rlim_max, 300));
  EXPECT_EQ(raise_descriptor_limit(10), std::min<rlim_t>(before.rlim_max, 300));
  if (before.rlim_max != RLIM_INFINITY) {
    EXPECT_EQ(raise_descriptor_limit(static_cast<std::size_t>(before.rlim_max) + 1), before.rlim_max);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace hearth
