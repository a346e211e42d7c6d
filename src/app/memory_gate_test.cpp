#include "app/memory_gate.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace hearth {
namespace {

TEST(MemoryGate, the_lower_bound_counts_a_token_once_however_many_sequences_share_the_context) {
  TextOptions options;
  options.n_ctx = 1U << 20U;
  for (const std::uint32_t sequences : {1U, 256U}) {
    options.n_seq_max = sequences;
    EXPECT_TRUE(check_lower_bound(GgufFile{}, options, 8 * kMiB).has_value()) << sequences;
    EXPECT_EQ(check_lower_bound(GgufFile{}, options, kMiB).error().code, ErrorCode::kDoesNotFit) << sequences;
  }
}

TEST(MemoryGate, what_exceeds_the_budget_is_refused_with_a_context_that_fits) {
  MemoryBreakdown estimate;
  estimate.items = {{"cpu", "CPU", memory_component::kWeights, 100 * kMiB, 0},
                    {"cpu", "CPU", memory_component::kKvCache, 400 * kMiB, 0}};
  TextOptions options;
  options.n_ctx = 4096;
  EXPECT_TRUE(check_estimate(estimate, options, 500 * kMiB).has_value());
  const auto refused = check_estimate(estimate, options, 300 * kMiB);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kDoesNotFit);
  EXPECT_NE(refused.error().hint.find("--ctx 2048"), std::string::npos) << refused.error().hint;
}

}  // namespace
}  // namespace hearth
