#include "engine/tensor_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/tensor_fixture.h"

namespace hearth {
namespace {

TEST_F(TensorEngineTest, a_job_loads_its_model_and_gets_its_outputs) {
  provider_.offer("doubler", {.script = doubling_script(3)});
  const auto job = submit("doubler", 5);
  ASSERT_TRUE(job->wait());
  ASSERT_FALSE(job->error()) << to_string(*job->error());
  EXPECT_EQ(job->got(), (std::vector<float>{11, 11, 11}));
  EXPECT_EQ(provider_.loads("doubler"), 1);
  const auto status = residents_->status();
  ASSERT_EQ(status.models.size(), 1U);
  EXPECT_EQ(status.models[0].state, ModelState::kResident);
  EXPECT_EQ(status.models[0].kind, ModelKind::kTensor);
}

TEST_F(TensorEngineTest, what_was_measured_takes_the_place_of_the_estimate) {
  provider_.offer("doubler", {.script = doubling_script(3), .bytes = 500'000'000});
  ASSERT_TRUE(submit("doubler", 1)->wait());
  const auto pools = residents_->status().pools;
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_LT(pools[0].held_bytes(), 500'000'000U) << "the estimate still stands";
  EXPECT_GE(pools[0].peak_bytes, 500'000'000U) << "the estimate was never reserved";
}

TEST_F(TensorEngineTest, an_unknown_model_is_refused_with_the_nearest_name) {
  provider_.offer("doubler", {.script = doubling_script(3)});
  const auto job = submit("doublr", 5);
  ASSERT_TRUE(job->wait());
  ASSERT_TRUE(job->error());
  EXPECT_EQ(job->error()->code, ErrorCode::kNotFound);
  EXPECT_NE(job->error()->hint.find("doubler"), std::string::npos);
}

TEST_F(TensorEngineTest, jobs_of_a_group_are_computed_together_and_each_gets_its_own_row) {
  provider_.offer("doubler", {.script = doubling_script(4, true, 20'000), .batch_max = 4});
  std::vector<std::shared_ptr<NumberJob>> jobs;
  for (int i = 0; i < 9; ++i) jobs.push_back(submit("doubler", static_cast<float>(i), "same"));
  std::uint32_t largest = 0;
  for (int i = 0; i < 9; ++i) {
    const auto& job = jobs[static_cast<std::size_t>(i)];
    ASSERT_TRUE(job->wait());
    ASSERT_FALSE(job->error()) << to_string(*job->error());
    const auto wanted = static_cast<float>(2 * i + 1);
    EXPECT_EQ(job->got(), std::vector<float>(4, wanted));
    largest = std::max(largest, job->batch());
  }
  EXPECT_GT(largest, 1U);
  EXPECT_LE(largest, 4U);
}

TEST_F(TensorEngineTest, a_job_whose_item_is_broken_fails_alone) {
  provider_.offer("doubler", {.script = doubling_script(4, true, 20'000), .batch_max = 4});
  const auto first = submit("doubler", 1, "same");
  auto broken = std::make_shared<NumberJob>(2, "same");
  broken->refuse();
  engine().submit("doubler", broken);
  const auto third = submit("doubler", 3, "same");
  for (const auto& job : {first, broken, third}) ASSERT_TRUE(job->wait());
  ASSERT_TRUE(broken->error());
  EXPECT_EQ(broken->error()->code, ErrorCode::kInvalidData);
  EXPECT_EQ(first->got(), std::vector<float>(4, 3));
  EXPECT_EQ(third->got(), std::vector<float>(4, 7));
}

TEST_F(TensorEngineTest, a_cancelled_job_is_not_computed) {
  provider_.offer("doubler", {.script = doubling_script(4, false, 100'000)});
  const auto first = submit("doubler", 1);
  const auto second = submit("doubler", 2);
  second->cancel();
  ASSERT_TRUE(first->wait());
  ASSERT_TRUE(second->wait());
  ASSERT_TRUE(second->error());
  EXPECT_EQ(second->error()->code, ErrorCode::kCancelled);
}

TEST_F(TensorEngineTest, a_full_queue_refuses_more) {
  options_.queue = 2;
  provider_.offer("doubler", {.script = doubling_script(4, false, 200'000)});
  ASSERT_TRUE(submit("doubler", 0)->wait());
  std::vector<std::shared_ptr<NumberJob>> jobs;
  for (int i = 0; i < 8; ++i) jobs.push_back(submit("doubler", 1));
  int refused = 0;
  for (const auto& job : jobs) {
    ASSERT_TRUE(job->wait());
    if (job->error() && job->error()->code == ErrorCode::kOverloaded) ++refused;
  }
  EXPECT_GE(refused, 4);
  EXPECT_LE(refused, 6);
}

TEST_F(TensorEngineTest, evicting_one_model_never_touches_the_work_of_another) {
  // Both never fit at once: every change of model is an eviction. Jobs of each keep their own numbers.
  capacities_["ram"] = 1'500'000;
  provider_.offer("a", {.script = doubling_script(3), .bytes = 1'000'000});
  provider_.offer("b", {.script = doubling_script(5), .bytes = 1'000'000});
  std::vector<std::shared_ptr<NumberJob>> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(submit(i % 2 == 0 ? "a" : "b", static_cast<float>(i)));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ASSERT_TRUE(jobs[i]->wait(60));
    ASSERT_FALSE(jobs[i]->error()) << to_string(*jobs[i]->error());
    EXPECT_EQ(jobs[i]->got(), std::vector<float>(i % 2 == 0 ? 3 : 5, static_cast<float>(2 * i + 1)));
  }
}

TEST_F(TensorEngineTest, a_model_larger_than_the_budget_is_refused_with_numbers) {
  capacities_["ram"] = 1000;
  provider_.offer("huge", {.script = doubling_script(3), .bytes = 5000});
  const auto job = submit("huge", 1);
  ASSERT_TRUE(job->wait());
  ASSERT_TRUE(job->error());
  EXPECT_EQ(job->error()->code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(provider_.loads("huge"), 0);
}

TEST_F(TensorEngineTest, a_lane_keeps_its_memory_and_its_model) {
  provider_.offer("doubler", {.script = doubling_script(3)});
  auto lane = must(engine().borrow("doubler", {}));
  const Shape shapes[] = {Shape{1, 3}};
  const auto first = must(lane->inputs(shapes));
  const void* memory = first[0].data;
  auto values = must(first[0].span<float>());
  std::ranges::fill(values, 4.0F);
  auto outputs = must(lane->run({}));
  EXPECT_EQ(must(outputs[0].span<const float>())[2], 9.0F);
  EXPECT_EQ(must(lane->inputs(shapes))[0].data, memory) << "a second run got other memory";
  EXPECT_EQ(provider_.answers("doubler"), 1);
}

TEST_F(TensorEngineTest, several_lanes_run_at_once_and_more_wait) {
  provider_.offer("doubler", {.script = doubling_script(3, false, 1000), .n_requests = 2});
  (void)engine();  // made by one thread
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        auto lane = must(engine().borrow("doubler", {}));
        const Shape shapes[] = {Shape{1, 3}};
        auto values = must(must(lane->inputs(shapes))[0].span<float>());
        std::ranges::fill(values, static_cast<float>(t));
        const auto outputs = must(lane->run({}));
        if (must(outputs[0].span<const float>())[0] == static_cast<float>(2 * t + 1)) ++done;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 20);
}

TEST_F(TensorEngineTest, what_waits_when_the_engine_ends_is_refused) {
  provider_.offer("doubler", {.script = doubling_script(3, false, 100'000)});
  std::vector<std::shared_ptr<NumberJob>> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(submit("doubler", 1));
  engine_.reset();
  for (const auto& job : jobs) ASSERT_TRUE(job->wait(1)) << "a job was left without an end";
}

TEST_F(TensorEngineTest, nothing_is_copied_in_one_process) {
  provider_.offer("doubler", {.script = doubling_script(3)});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit("doubler", 1)->wait());
  engine().collect_copies();
  EXPECT_EQ(metrics_.prometheus_text().find("hearth_tensor_copy_bytes_total"), std::string::npos)
      << metrics_.prometheus_text();
}

}  // namespace
}  // namespace hearth
