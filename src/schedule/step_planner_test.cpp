#include "schedule/step_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace hearth {
namespace {

const Instant kStart{};

PlannerLimits limits_of(std::uint64_t cells) {
  PlannerLimits limits;
  limits.cells = cells;
  return limits;
}

StepPlanner planner_of(const PlannerLimits& limits, const StepCost& cost = StepCost({0.01, 0.001, 0})) {
  auto made = StepPlanner::create(limits, cost);
  EXPECT_TRUE(made);
  return std::move(*made);
}

SequenceSpec prompt(SequenceId id, std::uint32_t tokens, std::uint32_t answer = 100, AdapterSetId adapters = 0) {
  return {id, tokens, 0, answer, adapters};
}

const StepItem* item_of(const StepPlan& plan, SequenceId id) {
  const auto found = std::find_if(plan.items.begin(), plan.items.end(), [&](const auto& i) { return i.id == id; });
  return found == plan.items.end() ? nullptr : &*found;
}

// Plans and completes, each item sampling one token.
StepPlan step(StepPlanner& planner, Instant now = kStart) {
  StepPlan plan = planner.plan(now);
  static_cast<void>(planner.complete({}, std::max(1e-9, plan.expected_s)));
  return plan;
}

TEST(StepPlanner, refuses_limits_that_have_no_meaning) {
  const auto refused = [](auto change) {
    PlannerLimits limits = limits_of(100);
    change(limits);
    const auto made = StepPlanner::create(limits, {});
    return !made && made.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.sequences = 0; }));
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.step_tokens = 7; }));
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.cells = 0; }));
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.chunk_tokens = 48; }));
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.chunk_tokens_min = 128; }));
  EXPECT_TRUE(refused([](PlannerLimits& l) { l.stall_s = 0; }));
  EXPECT_FALSE(refused([](PlannerLimits&) {}));
}

TEST(StepPlanner, where_states_are_kept_a_prompts_last_token_is_a_step_of_its_own) {
  PlannerLimits limits = limits_of(10000);
  limits.last_token_apart = true;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start(prompt(1, 100), kStart));
  ASSERT_TRUE(planner.start(prompt(2, 1), kStart));
  const StepPlan first = step(planner);
  ASSERT_NE(item_of(first, 1), nullptr);
  EXPECT_EQ(item_of(first, 1)->count, 99U);
  EXPECT_FALSE(item_of(first, 1)->samples);
  ASSERT_NE(item_of(first, 2), nullptr);
  EXPECT_TRUE(item_of(first, 2)->samples) << "a prompt of one token has nothing before it";
  const StepPlan second = step(planner);
  ASSERT_NE(item_of(second, 1), nullptr);
  EXPECT_EQ(item_of(second, 1)->count, 1U);
  EXPECT_TRUE(item_of(second, 1)->samples);
}

TEST(StepPlanner, answers_come_first_and_prompts_fill_the_time_that_is_left) {
  StepPlanner planner = planner_of(limits_of(10000));
  for (SequenceId id = 1; id <= 4; ++id) ASSERT_TRUE(planner.start(prompt(id, 10), kStart));
  step(planner);
  ASSERT_TRUE(planner.start(prompt(9, 4000), kStart));
  const StepPlan plan = planner.plan(kStart);
  for (SequenceId id = 1; id <= 4; ++id) {
    ASSERT_NE(item_of(plan, id), nullptr);
    EXPECT_TRUE(item_of(plan, id)->decode && item_of(plan, id)->samples);
    EXPECT_EQ(item_of(plan, id)->count, 1U);
  }
  // 0.7 of 0.5 s at 1 ms a token leave 336 tokens: five chunks of 64.
  EXPECT_EQ(item_of(plan, 9)->count, 320U);
  EXPECT_FALSE(item_of(plan, 9)->samples);
  EXPECT_LE(plan.expected_s, 0.35);
}

TEST(StepPlanner, chunks_end_at_multiples_so_that_cached_blocks_are_found_again) {
  PlannerLimits limits = limits_of(10000);
  limits.step_tokens = 200;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start({1, 1000, 100, 10, 0}, kStart));
  std::vector<std::uint32_t> ends;
  while (planner.progress(1)->sent == 0) {
    const StepPlan plan = step(planner);
    ends.push_back(plan.items.at(0).first + plan.items.at(0).count);
  }
  EXPECT_EQ(ends, (std::vector<std::uint32_t>{128, 256, 384, 512, 640, 768, 896, 1000}));
}

TEST(StepPlanner, short_prompts_go_first_but_never_keep_a_long_one_out) {
  PlannerLimits limits = limits_of(10000);
  limits.step_tokens = 64;
  StepPlanner planner = planner_of(limits);
  Instant now = kStart;
  ASSERT_TRUE(planner.start(prompt(1, 4000, 0), now));
  int steps = 0;
  int short_ones_done = 0;
  for (SequenceId id = 2; planner.progress(1); ++id, ++steps) {  // each step brings as much as it can compute
    if (planner.check(prompt(id, 64, 0), now).verdict == AdmissionVerdict::kAdmit) {
      ASSERT_TRUE(planner.start(prompt(id, 64, 0), now));
    }
    const StepPlan plan = planner.plan(now);
    now = after(now, plan.expected_s);
    for (const SequenceId done : planner.complete({}, plan.expected_s)) short_ones_done += done == 1 ? 0 : 1;
    ASSERT_LT(steps, 300) << "the long prompt starves";
  }
  EXPECT_GT(short_ones_done, 100) << "they went first";
}

TEST(StepPlanner, who_was_put_aside_comes_back_only_with_room_to_stay) {
  PlannerLimits limits = limits_of(566);
  limits.headroom_tokens = 8;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start(prompt(1, 300, 500), kStart));
  ASSERT_TRUE(planner.start(prompt(2, 40, 12), kStart));
  ASSERT_TRUE(planner.start(prompt(3, 200, 500), after(kStart, 1)));
  while (planner.progress(2)) step(planner, after(kStart, 1));
  ASSERT_FALSE(planner.progress(3)->active);
  EXPECT_LT(planner.progress(1)->known + planner.progress(3)->known + 16, 566U) << "it would fit, for a few tokens";
  EXPECT_FALSE(planner.next_resumable());
  EXPECT_TRUE(planner.cancel(1));
  EXPECT_TRUE(planner.next_resumable());
}

TEST(StepPlanner, a_slow_machine_gets_smaller_chunks_and_a_prompt_always_advances) {
  StepPlanner slow = planner_of(limits_of(10000), StepCost({0.01, 0.015, 0}));
  StepPlanner hopeless = planner_of(limits_of(10000), StepCost({0.01, 5, 0}));
  for (StepPlanner* p : {&slow, &hopeless}) {
    ASSERT_TRUE(p->start(prompt(1, 1), kStart));
    step(*p);
    ASSERT_TRUE(p->start(prompt(2, 1000), kStart));
  }
  EXPECT_EQ(item_of(slow.plan(kStart), 2)->count, 16U);
  EXPECT_GE(item_of(hopeless.plan(kStart), 2)->count, 1U);
}

TEST(StepPlanner, adapter_sets_never_share_a_step_and_take_turns) {
  StepPlanner planner = planner_of(limits_of(10000));
  for (SequenceId id = 1; id <= 6; ++id) ASSERT_TRUE(planner.start(prompt(id, 20, 100, id % 3), kStart));
  std::vector<AdapterSetId> turns;
  for (int i = 0; i < 9; ++i) {
    const StepPlan plan = step(planner);
    turns.push_back(plan.adapters);
    for (const StepItem& item : plan.items) EXPECT_EQ(item.id % 3, plan.adapters);
    EXPECT_EQ(plan.items.size(), 2U);
  }
  for (std::size_t i = 3; i < turns.size(); ++i) EXPECT_EQ(turns[i], turns[i - 3]);
  EXPECT_EQ(std::set<AdapterSetId>(turns.begin(), turns.end()).size(), 3U);
}

TEST(StepPlanner, guessed_tokens_count_as_far_as_they_were_right) {
  StepPlanner planner = planner_of(limits_of(1000));
  ASSERT_TRUE(planner.start(prompt(1, 10, 20), kStart));
  step(planner);
  planner.set_draft(1, 4);
  const StepPlan plan = planner.plan(kStart);
  EXPECT_EQ(plan.items.at(0).count, 5U);
  EXPECT_EQ(plan.items.at(0).draft_tokens, 4U);
  const StepOutcome outcome{1, 2, false};
  EXPECT_TRUE(planner.complete(std::span(&outcome, 1), 0.01).empty());
  EXPECT_EQ(planner.progress(1)->sent, 4U);
  EXPECT_EQ(planner.progress(1)->computed, 13U);
  EXPECT_EQ(planner.cells_used(), 13U);
  for (int i = 0; i < 15; ++i) step(planner);
  planner.set_draft(1, 4);
  EXPECT_EQ(planner.plan(kStart).items.at(0).draft_tokens, 0U) << "one token is left to send";
}

TEST(StepPlanner, refuses_with_the_numbers_what_can_never_fit) {
  StepPlanner planner = planner_of(limits_of(100));
  const Admission admission = planner.check(prompt(1, 100), kStart);
  ASSERT_EQ(admission.verdict, AdmissionVerdict::kNever);
  EXPECT_EQ(admission.error->code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(admission.error->message,
            "the prompt has 100 tokens; with one of the answer that is 101, and the context holds 100 at most");
  EXPECT_EQ(planner.check(prompt(1, 100, 0), kStart).verdict, AdmissionVerdict::kAdmit) << "computed only";
  EXPECT_EQ(planner.start(prompt(1, 100), kStart).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(planner.start(prompt(1, 0), kStart).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(planner.start({1, 10, 10, 5, 0}, kStart).error().code, ErrorCode::kInvalidArgument);
}

TEST(StepPlanner, asks_for_growth_with_room_to_spare_and_waits_after_a_refusal) {
  PlannerLimits limits = limits_of(512);
  limits.cells_max = 4096;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start(prompt(1, 300), kStart));
  Admission admission = planner.check(prompt(2, 400), kStart);
  ASSERT_EQ(admission.verdict, AdmissionVerdict::kGrow);
  EXPECT_EQ(admission.grow_to_cells, 1024U);  // (300 + 32 + 400 + 32) x 1.25, in steps of 256
  planner.growth_refused(kStart);
  EXPECT_EQ(planner.check(prompt(2, 400), kStart).verdict, AdmissionVerdict::kWait);
  EXPECT_EQ(planner.check(prompt(2, 400), after(kStart, 6)).verdict, AdmissionVerdict::kGrow);
  planner.set_cells(1024);
  EXPECT_EQ(planner.check(prompt(2, 400), kStart).verdict, AdmissionVerdict::kAdmit);
}

TEST(StepPlanner, gives_up_cached_cells_before_it_puts_an_answer_aside) {
  StepPlanner planner = planner_of(limits_of(200));
  planner.set_cached_cells(150);
  ASSERT_TRUE(planner.start(prompt(1, 100), kStart));
  const StepPlan plan = step(planner);
  EXPECT_EQ(plan.drop_cached_cells, 50U);
  EXPECT_TRUE(plan.preemptions.empty());
}

TEST(StepPlanner, puts_the_latest_aside_and_takes_it_up_where_it_was) {
  PlannerLimits limits = limits_of(160);
  limits.headroom_tokens = 8;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start(prompt(1, 60, 80), kStart));
  step(planner);
  ASSERT_TRUE(planner.start(prompt(2, 60, 80), after(kStart, 1)));
  Instant now = after(kStart, 1);
  std::vector<Preemption> aside;
  while (aside.empty()) aside = step(planner, now).preemptions;
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].id, 2U);
  EXPECT_FALSE(aside[0].swap);
  const auto before = *planner.progress(2);
  EXPECT_EQ(before.computed, 0U);
  EXPECT_EQ(planner.check(prompt(3, 5), now).verdict, AdmissionVerdict::kWait) << "who was put aside goes first";
  while (!planner.next_resumable()) step(planner, now);
  EXPECT_FALSE(planner.progress(1)) << "the older one came to its end meanwhile";
  ASSERT_TRUE(planner.resume(2, 40));
  const StepPlan again = step(planner, now);
  EXPECT_EQ(again.items.at(0).first, 40U);
  EXPECT_EQ(again.items.at(0).count, before.known - 40) << "prompt and what was sent, computed and not sampled";
  EXPECT_EQ(planner.progress(2)->sent, before.sent + 1);
  EXPECT_FALSE(planner.resume(2, 0));
}

TEST(StepPlanner, swaps_where_that_is_quicker_than_computing_again) {
  PlannerLimits limits = limits_of(160);
  limits.headroom_tokens = 8;
  limits.swap_budget_bytes = 1 << 20;
  limits.cell_bytes = 1000;
  limits.swap_byte_s = 1e-9;
  StepPlanner planner = planner_of(limits);
  ASSERT_TRUE(planner.start(prompt(1, 60, 80), kStart));
  ASSERT_TRUE(planner.start(prompt(2, 60, 80), after(kStart, 1)));
  std::vector<Preemption> aside;
  while (aside.empty()) aside = step(planner, after(kStart, 1)).preemptions;
  EXPECT_TRUE(aside[0].swap);
  EXPECT_GT(aside[0].cells, 60U);
  while (!planner.next_resumable()) step(planner);
  EXPECT_TRUE(planner.next_resumable()->swap);
  ASSERT_TRUE(planner.resume(2, 0));
  EXPECT_EQ(step(planner).items.at(0).count, 1U) << "its cells are back: on with the next token";
}

TEST(StepPlanner, what_is_cancelled_between_planning_and_completing_leaves_nothing) {
  StepPlanner planner = planner_of(limits_of(1000));
  ASSERT_TRUE(planner.start(prompt(1, 10), kStart));
  ASSERT_TRUE(planner.start(prompt(2, 10), kStart));
  ASSERT_EQ(planner.plan(kStart).items.size(), 2U);
  EXPECT_TRUE(planner.cancel(1));
  EXPECT_TRUE(planner.complete({}, 0.01).empty());
  EXPECT_EQ(planner.cells_used(), 10U);
  EXPECT_FALSE(planner.cancel(1));
}

TEST(StepPlanner, an_abandoned_step_never_happened) {
  StepPlanner planner = planner_of(limits_of(1000));
  ASSERT_TRUE(planner.start(prompt(1, 100), kStart));
  const StepPlan first = planner.plan(kStart);
  planner.abandon();
  EXPECT_EQ(planner.cells_used(), 0U);
  const StepPlan second = planner.plan(kStart);
  EXPECT_EQ(first.items.at(0).first, second.items.at(0).first);
  EXPECT_EQ(first.items.at(0).count, second.items.at(0).count);
}

TEST(StepPlanner, a_prompt_without_an_answer_is_computed_and_done) {
  StepPlanner planner = planner_of(limits_of(1000));
  ASSERT_TRUE(planner.start(prompt(1, 700, 0), kStart));
  for (const StepItem& item : planner.plan(kStart).items) EXPECT_FALSE(item.samples);
  EXPECT_TRUE(planner.complete({}, 0.1).empty());
  EXPECT_EQ(planner.plan(kStart).items.at(0).first, 512U);
  EXPECT_EQ(planner.complete({}, 0.1), std::vector<SequenceId>{1});
  EXPECT_TRUE(planner.idle());
  EXPECT_TRUE(planner.plan(kStart).items.empty());
}

}  // namespace
}  // namespace hearth
