#include "whole_server_fixture.h"

#include <gtest/gtest.h>

#include "routing_fixture.h"
#include "shipped_catalog.h"

namespace hearth {

WholeServerRun simulate_server(std::uint64_t seed) {
  static const RoutingPolicy policy = shipped_policy(true);
  static const std::vector<RouteTarget> targets = sample_targets();
  static const std::vector<std::string> machines = {"pi5-no-cooler", "nuc-fanless", "jetson-orin-nano-15w"};
  WholeServerOptions options;
  options.seed = seed;
  options.machine = *test::shipped_catalog().plant(machines[seed % machines.size()]).value();
  options.ladder = *test::shipped_catalog().ladder(Modality::kText, "").value();
  options.smaller = {{"medium-cpu", "small"}, {"medium-gpu", "tiny"}, {"coder-gpu", "small"}, {"small", "tiny"}};
  return run_whole_server(policy, targets, options);
}

namespace {

// What the runs of some seeds came to, together: a simulation in which nothing happens proves nothing.
struct Sums {
  WholeServerCounts counts;
  std::uint64_t seeds = 0;
  void add(const WholeServerCounts& c) {
    ++seeds;
    counts.requests += c.requests;
    counts.finished += c.finished;
    counts.failed += c.failed;
    counts.remote += c.remote;
    counts.substituted += c.substituted;
    counts.shortened += c.shortened;
    counts.loads += c.loads;
    counts.steps_down += c.steps_down;
    counts.steps_up += c.steps_up;
    counts.kills += c.kills;
    counts.stalls += c.stalls;
    counts.quarantines += c.quarantines;
    counts.caches_given_back += c.caches_given_back;
    counts.tokens += c.tokens;
    counts.longest_open_s = std::max(counts.longest_open_s, c.longest_open_s);
  }
};

}  // namespace

void expect_promises_kept(std::uint64_t first, std::uint64_t last) {
  Sums sums;
  for (std::uint64_t seed = first; seed < last; ++seed) {
    const WholeServerRun hour = simulate_server(seed);
    for (const std::string& violation : hour.violations) ADD_FAILURE() << violation;
    ASSERT_TRUE(hour.violations.empty()) << "simulate_server(" << seed << ") replays it";
    const WholeServerCounts& c = hour.counts;
    EXPECT_EQ(c.requests, c.finished + c.failed + c.refused + c.expired + c.unroutable + c.remote) << seed;
    sums.add(c);
  }
  const WholeServerCounts& c = sums.counts;
  std::printf(
      "%llu hours: %llu requests, %llu finished, %llu failed, %llu remote, %llu substituted, %llu shortened, "
      "%llu loads, %llu steps down, %llu up, %llu kills, %llu stalls, %llu quarantines, %llu tokens, longest %.0f s\n",
      static_cast<unsigned long long>(sums.seeds), static_cast<unsigned long long>(c.requests),
      static_cast<unsigned long long>(c.finished), static_cast<unsigned long long>(c.failed),
      static_cast<unsigned long long>(c.remote), static_cast<unsigned long long>(c.substituted),
      static_cast<unsigned long long>(c.shortened), static_cast<unsigned long long>(c.loads),
      static_cast<unsigned long long>(c.steps_down), static_cast<unsigned long long>(c.steps_up),
      static_cast<unsigned long long>(c.kills), static_cast<unsigned long long>(c.stalls),
      static_cast<unsigned long long>(c.quarantines), static_cast<unsigned long long>(c.tokens), c.longest_open_s);
  for (const std::uint64_t n : {c.finished, c.failed, c.remote, c.substituted, c.shortened, c.loads, c.steps_down,
                                c.steps_up, c.kills, c.stalls, c.quarantines, c.caches_given_back})
    EXPECT_GT(n, 0U) << "something never happened";
  EXPECT_GT(c.finished * 2, c.requests) << "most are answered, faults or not";
}

}  // namespace hearth
