#include "sim/text_plant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hearth {
namespace {

using testing::IsEmpty;

PlantOptions options_of(std::uint64_t seed) {
  PlantOptions options;
  options.seed = seed;
  options.planner.cells = 40000;
  return options;
}

SimRequest request(RequestId id, std::uint32_t prompt, std::uint32_t answer, const std::string& key = "k",
                   Instant arrived = {}) {
  SimRequest r;
  r.arrived = arrived;
  r.id = id;
  r.key = key;
  r.prompt_tokens = prompt;
  r.answer_tokens = r.max_new_tokens = answer;
  return r;
}

class Seeds : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Plant, Seeds, testing::Range<std::uint64_t>(1, 6));

TEST_P(Seeds, no_running_stream_waits_long_while_prompts_of_4000_tokens_are_prefilled) {
  TextPlant plant(options_of(GetParam()));
  ArrivalMix mix;
  mix.per_s = 0.25;
  mix.long_share = 0.05;
  PoissonArrivals arrivals(mix, GetParam(), plant.now());
  plant.run(arrivals, 1800);
  plant.drain(600);
  const PlantCounts& counts = plant.counts();
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_GT(counts.finished, 350U);
  EXPECT_EQ(counts.finished + counts.refused, counts.arrived);
  EXPECT_EQ(counts.late_gaps, 0U) << "worst gap " << counts.worst_gap_s << " s, " << counts.worst_gap_share
                                  << " of what is allowed";
  EXPECT_GT(counts.worst_gap_s, 0.1) << "prompts were computed between the streams' tokens at all";
}

// Eight clients that ask again as soon as they are answered, prompts of 48 to 768 tokens, 64 out.
PlantCounts closed_loop(double stall_share, double& tok_s) {
  PlantOptions options = options_of(1);
  options.step_s = 0.02;
  options.token_s = 0.0025;
  options.planner.stall_share = stall_share;
  TextPlant plant(options);
  std::mt19937_64 random(1);
  RequestId id = 0;
  while (plant.counts().finished < 300 && plant.violations().empty()) {
    while (plant.open() < 8) {
      const auto tokens = static_cast<std::uint32_t>(48 + random() % 721);
      plant.arrive(request(++id, tokens, 64, "k", plant.now()));
    }
    static_cast<void>(plant.step());
  }
  EXPECT_THAT(plant.violations(), IsEmpty());
  tok_s = static_cast<double>(plant.counts().tokens_sent) / seconds_between(Instant{}, plant.now());
  return plant.counts();
}

TEST(Plant, the_bound_on_gaps_costs_hardly_any_throughput) {
  double bounded_tok_s = 0;
  double unbounded_tok_s = 0;
  const PlantCounts bounded = closed_loop(0.6, bounded_tok_s);
  const PlantCounts unbounded = closed_loop(100, unbounded_tok_s);
  EXPECT_EQ(bounded.late_gaps, 0U);
  EXPECT_GT(unbounded.late_gaps, 200U) << "without the bound the load would break it";
  EXPECT_GT(bounded_tok_s, 0.97 * unbounded_tok_s);
  EXPECT_LT(bounded.ttft_s.quantile(0.95), 1.5 * unbounded.ttft_s.quantile(0.95));
}

// Machines of other speeds: the bound holds wherever the smallest chunk fits into it.
TEST_P(Seeds, the_bound_on_gaps_holds_on_slow_and_fast_machines) {
  for (const double speed : {0.1, 1.0, 20.0}) {
    PlantOptions options = options_of(GetParam());
    options.step_s /= speed;
    options.token_s /= speed;
    options.cell_s /= speed;
    TextPlant plant(options);
    ArrivalMix mix;
    mix.per_s = 0.25 * speed;
    mix.long_share = 0.05;
    PoissonArrivals arrivals(mix, GetParam(), plant.now());
    plant.run(arrivals, 900 / speed);
    EXPECT_THAT(plant.violations(), IsEmpty());
    EXPECT_EQ(plant.counts().late_gaps, 0U) << speed << ": " << plant.counts().worst_gap_share;
    EXPECT_GT(plant.counts().finished, 100U);
  }
}

TEST(Plant, a_model_whose_tokens_are_dear_and_steps_cheap_is_learnt_within_a_few_steps) {
  PlantOptions options = options_of(1);
  options.step_s = 0.002;
  options.token_s = 0.02;  // 50 tok/s, prefill no faster than decode
  TextPlant plant(options);
  plant.arrive(request(1, 60, 200));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(plant.step());
  plant.arrive(request(2, 4000, 8));
  plant.drain(1000);
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_EQ(plant.counts().late_gaps, 0U) << plant.counts().worst_gap_s;
}

TEST(Plant, a_short_prompt_does_not_wait_for_a_long_one_nor_a_long_one_for_ever) {
  TextPlant plant(options_of(2));
  plant.arrive(request(1, 4000, 8, "long"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(plant.step());
  for (RequestId id = 2; id < 5; ++id) plant.arrive(request(id, 64, 8, "short", plant.now()));
  plant.drain(100);
  EXPECT_LT(plant.ttft_by_key().at("short").max(), 4);
  EXPECT_LT(plant.ttft_by_key().at("long").max(), 30);

  // Short ones without end, as many as the machine can take: the long one still comes to its answer.
  TextPlant busy(options_of(3));
  ArrivalMix mix;
  mix.per_s = 1.2;
  mix.prompt_min = mix.prompt_max = 128;
  mix.answer_min = mix.answer_max = 8;
  PoissonArrivals arrivals(mix, 3, busy.now());
  busy.run(arrivals, 60);
  busy.arrive(request(1'000'000, 4000, 8, "long", busy.now()));
  busy.run(arrivals, 300);
  EXPECT_THAT(busy.violations(), IsEmpty());
  ASSERT_EQ(busy.ttft_by_key().count("long"), 1U);
  EXPECT_LT(busy.ttft_by_key().at("long").max(), 200);
}

TEST_P(Seeds, a_key_with_thousands_of_requests_does_not_starve_the_others) {
  PlantOptions options = options_of(GetParam());
  options.queue.requests = 4096;
  options.queue.requests_per_key = 4096;
  TextPlant plant(options);
  for (RequestId id = 1; id <= 3000; ++id) plant.arrive(request(1'000'000 + id, 400, 64, "flood"));
  ArrivalMix mix;
  mix.per_s = 0.1;
  mix.keys = 3;
  PoissonArrivals arrivals(mix, GetParam(), plant.now());
  plant.run(arrivals, 1200);
  EXPECT_THAT(plant.violations(), IsEmpty());
  ASSERT_EQ(plant.ttft_by_key().size(), 4U);
  for (const auto& [key, ttft] : plant.ttft_by_key()) {
    if (key == "flood") continue;
    EXPECT_GT(ttft.count(), 15U) << key;
    EXPECT_LT(ttft.max(), 60) << key << ": the flood alone would take two hours";
  }
}

TEST_P(Seeds, storms_of_cancellation_and_deadlines_lose_nothing_and_free_everything) {
  TextPlant plant(options_of(GetParam()));
  ArrivalMix mix;
  mix.per_s = 20;
  mix.leaving_share = 0.7;
  mix.leaves_within_s = 15;
  mix.deadline_share = 0.5;
  PoissonArrivals arrivals(mix, GetParam(), plant.now());
  plant.run(arrivals, 300);
  plant.drain(4000);
  const PlantCounts& c = plant.counts();
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_EQ(c.arrived, c.refused + c.expired + c.left + c.finished + c.cut + c.too_long);
  EXPECT_GT(c.left, 500U);
  EXPECT_GT(c.expired, 500U);
  EXPECT_EQ(plant.open(), 0U);
  EXPECT_EQ(plant.planner().cells_used(), 0U);
  EXPECT_TRUE(plant.planner().idle());
  EXPECT_EQ(plant.queue().size(), 0U);
}

struct Scarce {
  const char* name;
  std::uint64_t cells, cells_max;
  double growth_fails;
  bool swap;
  std::uint32_t drafts;
};
class ScarceCells : public testing::TestWithParam<std::tuple<Scarce, std::uint64_t>> {};

TEST_P(ScarceCells, every_token_is_sent_once_whatever_is_put_aside) {
  const auto& [scarce, seed] = GetParam();
  PlantOptions options = options_of(seed);
  options.planner.cells = scarce.cells;
  options.planner.cells_max = scarce.cells_max;
  options.growth_fails = scarce.growth_fails;
  options.draft_tokens = scarce.drafts;
  if (scarce.swap) {
    options.planner.swap_budget_bytes = 1500 * 1000;
    options.planner.cell_bytes = 1000;
    options.planner.swap_byte_s = 1e-9;
  }
  TextPlant plant(options);
  ArrivalMix mix;
  mix.per_s = 0.5;
  mix.prompt_max = 400;
  mix.answer_min = 100;
  mix.answer_max = 600;
  mix.leaving_share = 0.1;
  PoissonArrivals arrivals(mix, seed, plant.now());
  plant.run(arrivals, 600);
  plant.drain(20000);
  const PlantCounts& c = plant.counts();
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_GT(c.preempted, 0U);
  if (scarce.swap) {
    EXPECT_GT(c.swapped, 0U);
  }
  EXPECT_LT(c.preempted, 2 * c.arrived) << "sequences chase each other out";
  if (scarce.growth_fails == 0) {
    EXPECT_EQ(c.cut, 0U);
  }
  EXPECT_LE(c.cut, c.arrived / 50) << "only where growing failed twice with nobody left to put aside";
  EXPECT_EQ(c.arrived, c.refused + c.left + c.finished + c.cut);
}

INSTANTIATE_TEST_SUITE_P(Plant, ScarceCells,
                         testing::Combine(testing::Values(Scarce{"fixed", 1500, 1500, 0, false, 0},
                                                          Scarce{"swapping", 1500, 1500, 0, true, 0},
                                                          Scarce{"growing", 600, 2000, 0.5, false, 0},
                                                          Scarce{"drafting", 1400, 1400, 0, true, 4}),
                                          testing::Values<std::uint64_t>(1, 2, 3)),
                         [](const auto& made) {
                           return std::get<0>(made.param).name + std::to_string(std::get<1>(made.param));
                         });

TEST(Plant, the_context_grows_before_an_answer_has_to_be_put_aside) {
  PlantOptions options = options_of(4);
  options.planner.cells = 512;
  options.planner.cells_max = 20000;
  TextPlant plant(options);
  for (RequestId id = 1; id <= 8; ++id) plant.arrive(request(id, 600, 400));
  plant.drain(1000);
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_EQ(plant.counts().preempted, 0U);
  EXPECT_GT(plant.counts().grown, 1U);
  EXPECT_LT(plant.counts().grown, 12U) << "growing copies: it must be rare";
}

TEST(Plant, what_can_never_fit_is_refused_and_what_fills_the_context_ends_there) {
  PlantOptions options = options_of(5);
  options.planner.cells = 300;
  TextPlant plant(options);
  plant.arrive(request(1, 300, 5));
  plant.arrive(request(2, 299, 1));
  plant.arrive(request(3, 200, 500));
  plant.drain(1000);
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_EQ(plant.counts().too_long, 1U);
  EXPECT_EQ(plant.counts().finished, 1U);
  EXPECT_EQ(plant.counts().cut, 1U);
}

TEST_P(Seeds, adapter_sets_take_turns_and_keep_to_the_bound_on_gaps) {
  TextPlant plant(options_of(GetParam()));
  ArrivalMix mix;
  mix.per_s = 0.2;
  mix.adapter_sets = 3;
  mix.long_share = 0.03;
  PoissonArrivals arrivals(mix, GetParam(), plant.now());
  plant.run(arrivals, 1200);
  plant.drain(600);
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_EQ(plant.counts().late_gaps, 0U) << plant.counts().worst_gap_share;
  EXPECT_GT(plant.counts().finished, 180U);
}

TEST_P(Seeds, prompts_that_begin_alike_are_computed_once) {
  PlantOptions options = options_of(GetParam());
  options.cache_bytes = 20'000'000;
  TextPlant plant(options);
  ArrivalMix mix;
  mix.per_s = 0.3;
  mix.families = 4;
  mix.family_tokens = 512;
  mix.prompt_min = 600;
  PoissonArrivals arrivals(mix, GetParam(), plant.now());
  plant.run(arrivals, 1200);
  const PlantCounts& c = plant.counts();
  EXPECT_THAT(plant.violations(), IsEmpty());
  EXPECT_GT(c.tokens_reused, 400 * c.finished);
}

TEST(Plant, the_same_seed_gives_the_same_run) {
  const auto run = [] {
    TextPlant plant(options_of(9));
    PoissonArrivals arrivals({}, 9, plant.now());
    plant.run(arrivals, 300);
    return std::tuple(plant.counts().steps, plant.counts().tokens_sent, plant.now().time_since_epoch().count());
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace hearth
