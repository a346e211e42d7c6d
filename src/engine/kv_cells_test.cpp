#include "engine/kv_cells.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

namespace hearth {
namespace {

std::uint64_t held(const CellLedger& ledger, std::vector<std::size_t> sequences) { return ledger.held_by(sequences); }

TEST(CellLedger, counts_shared_cells_once_and_until_the_last_owner_lets_go) {
  CellLedger ledger(3);
  ledger.append(0, 100);
  ledger.share(0, 1, 0, 60);
  ledger.append(1, 10);
  EXPECT_EQ(held(ledger, {0, 1, 2}), 110U);
  ledger.cut(0, 0);
  EXPECT_EQ(held(ledger, {0, 1, 2}), 70U);
  ledger.cut(1, 0);
  EXPECT_EQ(held(ledger, {0, 1, 2}), 0U);
}

TEST(CellLedger, takes_what_is_computed_after_a_cut_for_new_cells) {
  CellLedger ledger(2);
  ledger.append(0, 100);
  ledger.share(0, 1, 0, 100);
  ledger.cut(0, 50);
  ledger.append(0, 50);
  EXPECT_EQ(held(ledger, {0, 1}), 150U);
}

// Against cells that are really kept one by one.
TEST(CellLedger, agrees_with_cells_counted_one_by_one) {
  constexpr std::size_t kSequences = 6;
  std::mt19937 random(7);
  const auto pick = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  CellLedger ledger(kSequences);
  std::array<std::vector<int>, kSequences> cells;
  int next = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::size_t s = pick(kSequences);
    const std::size_t t = pick(kSequences);
    if (pick(3) == 0) {
      const auto n = pick(9);
      ledger.append(s, n);
      for (std::uint32_t k = 0; k < n; ++k) cells[s].push_back(next++);
    } else if (pick(2) == 0) {
      const auto keep = pick(40);
      ledger.cut(s, keep);
      if (keep < cells[s].size()) cells[s].resize(keep);
    } else if (s != t && cells[s].size() < cells[t].size()) {
      const auto begin = static_cast<std::uint32_t>(cells[s].size());
      const auto end = begin + pick(static_cast<std::uint32_t>(cells[t].size()) - begin + 1);
      ledger.share(t, s, begin, end);
      cells[s].insert(cells[s].end(), cells[t].begin() + begin, cells[t].begin() + end);
    }
    std::vector<std::size_t> some;
    std::set<int> expected;
    for (std::size_t k = 0; k < kSequences; ++k) {
      ASSERT_EQ(ledger.length(k), cells[k].size());
      if (pick(2) == 0) continue;
      some.push_back(k);
      expected.insert(cells[k].begin(), cells[k].end());
    }
    ASSERT_EQ(ledger.held_by(some), expected.size());
  }
}

}  // namespace
}  // namespace hearth
