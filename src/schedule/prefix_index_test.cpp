#include "schedule/prefix_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace hearth {
namespace {

using Path = std::vector<Token>;
const CacheSalt kSalt{1};

PrefixIndexLimits roomy() {
  PrefixIndexLimits limits;
  limits.tier_bytes = {1 << 30, 1 << 30, 1 << 30};
  return limits;
}

Path sequence(std::uint32_t n, Token from = 0) {
  Path path(n);
  std::iota(path.begin(), path.end(), from);
  return path;
}

CacheEntry live(std::uint64_t handle) { return {CacheTier::kLive, handle, 0, 0, true}; }
CacheEntry block(CacheTier tier, std::uint64_t handle, std::uint32_t begin, std::uint64_t bytes = 100) {
  return {tier, handle, bytes, begin, false};
}

// Blocks of 64 tokens over `path`, handles from `handle` on.
void insert_blocks(PrefixIndex& index, const Path& path, CacheTier tier, std::uint64_t handle) {
  for (std::uint32_t begin = 0; begin + 64 <= path.size(); begin += 64) {
    ASSERT_TRUE(index.insert(kSalt, std::span(path).first(begin + 64), block(tier, handle++, begin)));
  }
}

TEST(PrefixIndex, a_live_sequence_serves_any_prefix_it_shares) {
  PrefixIndex index(roomy());
  ASSERT_TRUE(index.insert(kSalt, sequence(500), live(7)));
  Path other = sequence(300);
  other.push_back(-5);
  const PrefixMatch match = index.match(kSalt, other);
  ASSERT_EQ(match.segments.size(), 1U);
  EXPECT_EQ(match.tokens(), 300U);
  EXPECT_EQ(match.segments[0].handle, 7U);
  EXPECT_EQ(index.match(CacheSalt{2}, other).tokens(), 0U) << "another model's or adapter's values are never used";
}

TEST(PrefixIndex, blocks_are_used_whole_and_in_a_chain_from_the_start) {
  PrefixIndex index(roomy());
  insert_blocks(index, sequence(256), CacheTier::kRam, 1);
  EXPECT_EQ(index.match(kSalt, sequence(200)).tokens(), 192U);
  EXPECT_EQ(index.match(kSalt, sequence(63)).tokens(), 0U);
  const auto second = index.match(kSalt, sequence(256)).segments[1];
  ASSERT_TRUE(index.remove(second.entry));
  EXPECT_EQ(index.match(kSalt, sequence(256)).tokens(), 64U) << "a gap ends the chain";
}

TEST(PrefixIndex, tiers_complete_each_other_and_the_cheaper_one_is_taken) {
  PrefixIndex index(roomy());
  insert_blocks(index, sequence(256), CacheTier::kSsd, 10);
  insert_blocks(index, sequence(128), CacheTier::kRam, 20);
  ASSERT_TRUE(index.insert(kSalt, sequence(70), live(1)));
  const PrefixMatch match = index.match(kSalt, sequence(256));
  ASSERT_EQ(match.tokens(), 256U);
  std::vector<std::uint64_t> handles;
  for (const auto& s : match.segments) handles.push_back(s.handle);
  EXPECT_EQ(handles, (std::vector<std::uint64_t>{1, 21, 12, 13}));
  EXPECT_EQ(match.segments[0].end, 64U) << "the live cells end where a block begins";
}

TEST(PrefixIndex, a_snapshot_of_a_recurrent_state_counts_only_at_its_own_end) {
  PrefixIndex index(roomy());
  ASSERT_TRUE(index.insert(kSalt, sequence(100), block(CacheTier::kRam, 1, 0)));
  ASSERT_TRUE(index.insert(kSalt, sequence(200), block(CacheTier::kRam, 2, 0)));
  EXPECT_EQ(index.match(kSalt, sequence(199)).segments.at(0).handle, 1U);
  EXPECT_EQ(index.match(kSalt, sequence(250)).segments.at(0).handle, 2U);
}

TEST(PrefixIndex, evicts_the_least_recently_used_and_the_end_of_a_chain_first) {
  PrefixIndexLimits limits = roomy();
  limits.tier_bytes[1] = 800;
  PrefixIndex index(limits);
  insert_blocks(index, sequence(256), CacheTier::kRam, 1);
  insert_blocks(index, sequence(256, 5000), CacheTier::kRam, 11);
  index.acquire(index.match(kSalt, sequence(256))).release();
  ASSERT_TRUE(index.insert(kSalt, sequence(64, 9000), block(CacheTier::kRam, 21, 0, 200)));
  std::vector<std::uint64_t> gone;
  for (const auto& freed : index.take_freed()) gone.push_back(freed.handle);
  EXPECT_EQ(gone, (std::vector<std::uint64_t>{14, 13}));
  EXPECT_EQ(index.match(kSalt, sequence(256, 5000)).tokens(), 128U);
}

TEST(PrefixIndex, what_is_leased_stays_until_it_was_copied) {
  PrefixIndexLimits limits = roomy();
  limits.tier_bytes[1] = 100;
  PrefixIndex index(limits);
  const auto inserted = index.insert(kSalt, sequence(64), block(CacheTier::kRam, 1, 0));
  ASSERT_TRUE(inserted);
  {
    const PrefixLease lease = index.acquire(index.match(kSalt, sequence(64)));
    EXPECT_EQ(index.insert(kSalt, sequence(64, 100), block(CacheTier::kRam, 2, 0)).error().code,
              ErrorCode::kOverloaded);
    EXPECT_TRUE(index.remove(inserted->id));
    EXPECT_EQ(index.match(kSalt, sequence(64)).tokens(), 0U);
    EXPECT_TRUE(index.take_freed().empty()) << "still being read";
    EXPECT_EQ(index.bytes(CacheTier::kRam), 100U);
  }
  ASSERT_EQ(index.take_freed().size(), 1U);
  EXPECT_EQ(index.bytes(CacheTier::kRam), 0U);
  EXPECT_EQ(index.nodes(), 0U);
}

TEST(PrefixIndex, refuses_what_is_larger_than_the_budget_or_has_no_meaning) {
  PrefixIndexLimits limits = roomy();
  limits.tier_bytes[2] = 50;
  PrefixIndex index(limits);
  EXPECT_EQ(index.insert(kSalt, sequence(9), block(CacheTier::kSsd, 1, 0)).error().code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(index.insert(kSalt, sequence(9), block(CacheTier::kRam, 1, 9)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(index.pin(4).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(index.unpin(4).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(index.extend(4, sequence(1), 0).error().code, ErrorCode::kNotFound);
}

TEST(PrefixIndex, the_tree_itself_stays_within_its_budget) {
  PrefixIndexLimits limits = roomy();
  limits.index_bytes = 100000;
  PrefixIndex index(limits);
  for (Token t = 0; t < 2000; ++t) {
    ASSERT_TRUE(index.insert(kSalt, sequence(64, t * 1000), block(CacheTier::kSsd, static_cast<std::uint64_t>(t), 0)));
    ASSERT_LE(index.index_bytes(), limits.index_bytes);
  }
  EXPECT_GT(index.entries(), 50U);
}

// The same as the index, by exhaustion: a list of entries, and for each token position the least cost of reaching it.
class BruteForce {
 public:
  struct Entry {
    CacheSalt salt{};
    Path path;
    CacheEntry entry;
    bool listed = true;
    int leases = 0;
  };
  std::map<CacheEntryId, Entry> entries;

  [[nodiscard]] std::pair<std::uint32_t, double> best(const CacheSalt& salt, const Path& tokens) const {
    constexpr std::array<double, 3> kCost{0, 1, 8};
    std::vector<double> cost(tokens.size() + 1, std::numeric_limits<double>::infinity());
    cost[0] = 0;
    std::uint32_t furthest = 0;
    for (std::uint32_t at = 0; at <= tokens.size(); ++at) {
      if (cost[at] == std::numeric_limits<double>::infinity()) continue;
      furthest = at;
      for (const auto& [id, e] : entries) {
        if (!e.listed || e.salt != salt) continue;
        const double each = kCost[static_cast<std::size_t>(e.entry.tier)];
        const auto shared = static_cast<std::uint32_t>(
            std::mismatch(e.path.begin(), e.path.end(), tokens.begin(), tokens.end()).first - e.path.begin());
        const bool whole = shared == e.path.size() && e.entry.begin == at;
        const std::uint32_t to = e.entry.divisible ? (at < shared ? at + 1 : 0) : (whole ? shared : 0);
        if (to > at) cost[to] = std::min(cost[to], cost[at] + each * (to - at));
      }
    }
    return {furthest, cost[furthest]};
  }
  [[nodiscard]] std::uint64_t bytes(CacheTier tier) const {
    std::uint64_t sum = 0;
    for (const auto& [id, e] : entries) sum += e.entry.tier == tier ? e.entry.bytes : 0;
    return sum;
  }
};

class RandomIndex : public testing::TestWithParam<std::uint64_t> {
 protected:
  RandomIndex() : random_(GetParam()), index_(limits()) {}
  static PrefixIndexLimits limits() {
    PrefixIndexLimits limits;
    limits.tier_bytes = {4000, 2000, 3000};
    limits.index_bytes = 24000;
    return limits;
  }

  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  Path random_path() {  // few tokens, so that paths share, part and meet again
    Path path(1 + pick(40));
    for (Token& t : path) t = pick(8) == 0 ? static_cast<Token>(pick(3)) : 0;
    return path;
  }
  CacheSalt random_salt() { return CacheSalt{static_cast<std::uint8_t>(pick(2))}; }

  void insert() {
    const Path path = random_path();
    const CacheSalt salt = random_salt();
    CacheEntry entry{static_cast<CacheTier>(pick(3)), next_handle_++, 1 + pick(200), 0, pick(3) == 0};
    if (!entry.divisible && pick(2) == 0) entry.begin = static_cast<std::uint32_t>(pick(path.size()));
    const auto inserted = index_.insert(salt, path, entry);
    if (!inserted) {
      ASSERT_EQ(inserted.error().code, ErrorCode::kOverloaded);
    } else if (inserted->fresh) {
      ASSERT_TRUE(model_.entries.emplace(inserted->id, BruteForce::Entry{salt, path, entry, true, 0}).second);
    } else {
      ASSERT_EQ(model_.entries.at(inserted->id).path, path);
    }
  }
  void lookup() {
    const Path tokens = random_path();
    const CacheSalt salt = random_salt();
    const PrefixMatch match = index_.match(salt, tokens);
    constexpr std::array<double, 3> kCost{0, 1, 8};
    double cost = 0;
    std::uint32_t at = 0;
    for (const CacheSegment& s : match.segments) {
      const auto& e = model_.entries.at(s.entry);
      ASSERT_TRUE(e.listed);
      ASSERT_EQ(e.salt, salt);
      ASSERT_EQ(e.entry.handle, s.handle);
      ASSERT_EQ(s.begin, at);
      ASSERT_TRUE(e.entry.divisible || (s.begin == e.entry.begin && s.end == e.path.size()));
      ASSERT_LE(s.end, e.path.size());
      ASSERT_TRUE(std::equal(e.path.begin(), e.path.begin() + s.end, tokens.begin()));
      cost += kCost[static_cast<std::size_t>(s.tier)] * (s.end - s.begin);
      at = s.end;
    }
    const auto [furthest, least] = model_.best(salt, tokens);
    ASSERT_EQ(at, furthest);
    ASSERT_DOUBLE_EQ(cost, least);
    if (pick(4) == 0 && !match.segments.empty() && leases_.size() < 6) {
      leases_.emplace_back(index_.acquire(match), match);
      for (const auto& s : match.segments) ++model_.entries.at(s.entry).leases;
    }
  }
  void end_lease() {
    if (leases_.empty()) return;
    std::swap(leases_[pick(leases_.size())], leases_.back());
    for (const auto& s : leases_.back().second.segments) --model_.entries.at(s.entry).leases;
    leases_.pop_back();
  }
  void remove() {
    if (model_.entries.empty()) return;
    auto at = std::next(model_.entries.begin(), static_cast<std::ptrdiff_t>(pick(model_.entries.size())));
    ASSERT_EQ(index_.remove(at->first), at->second.listed);
    at->second.listed = false;
  }
  void extend() {
    if (model_.entries.empty()) return;
    auto at = std::next(model_.entries.begin(), static_cast<std::ptrdiff_t>(pick(model_.entries.size())));
    BruteForce::Entry& e = at->second;
    if (!e.listed || !e.entry.divisible || e.path.size() > 60) return;
    Path more = random_path();
    more.resize(std::min<std::size_t>(more.size(), 3));
    ASSERT_TRUE(index_.extend(at->first, more, e.entry.bytes));
    e.path.insert(e.path.end(), more.begin(), more.end());
  }
  void take_freed() {
    std::map<std::uint64_t, CacheEntryId> by_handle;
    for (const auto& [id, e] : model_.entries) by_handle[e.entry.handle] = id;
    for (const auto& freed : index_.take_freed()) {
      const auto id = by_handle.find(freed.handle);
      ASSERT_NE(id, by_handle.end()) << "freed twice";
      ASSERT_EQ(model_.entries.at(id->second).leases, 0) << "freed while in use";
      model_.entries.erase(id->second);
    }
  }

  std::mt19937_64 random_;
  PrefixIndex index_;
  BruteForce model_;
  std::vector<std::pair<PrefixLease, PrefixMatch>> leases_;
  std::uint64_t next_handle_ = 1;
};

TEST_P(RandomIndex, agrees_with_brute_force) {
  for (int i = 0; i < 25000 && !HasFatalFailure(); ++i) {
    switch (pick(8)) {
      case 0:
      case 1: insert(); break;
      case 2: end_lease(); break;
      case 3: remove(); break;
      case 4: extend(); break;
      default: lookup();
    }
    if (HasFatalFailure()) return;
    take_freed();
    if (HasFatalFailure()) return;
    ASSERT_EQ(index_.entries(), model_.entries.size());
    for (const auto tier : {CacheTier::kLive, CacheTier::kRam, CacheTier::kSsd}) {
      ASSERT_EQ(index_.bytes(tier), model_.bytes(tier));
      ASSERT_LE(index_.bytes(tier), limits().tier_bytes[static_cast<std::size_t>(tier)]);
    }
    ASSERT_LE(index_.index_bytes(), limits().index_bytes + 4096) << "only extending may pass the bound, by its tokens";
  }
  leases_.clear();
  for (auto& [id, e] : model_.entries) e.leases = 0;
  for (const auto tier : {CacheTier::kLive, CacheTier::kRam, CacheTier::kSsd}) {
    while (index_.evict_one(tier)) {
    }
  }
  take_freed();
  EXPECT_EQ(index_.entries(), 0U);
  EXPECT_EQ(index_.nodes(), 0U);
  EXPECT_EQ(index_.index_bytes(), 0U);
  EXPECT_TRUE(model_.entries.empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomIndex, testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace hearth
