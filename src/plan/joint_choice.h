// The best option of each task so that all together fit the pools.
#pragma once

#include <optional>
#include <vector>

#include "plan/candidate.h"

namespace hearth {

// For each task the index into its `fitting`, or nothing where the task is left unserved. Exact (branch and
// bound). Serving a task counts more than any score.
[[nodiscard]] std::vector<std::optional<std::size_t>> choose_jointly(const std::vector<TaskOptions>& tasks,
                                                                     const PoolLedger& ledger);

}  // namespace hearth
