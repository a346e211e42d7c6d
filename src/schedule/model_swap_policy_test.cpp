#include "schedule/model_swap_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>

namespace hearth {
namespace {

// Models, their loading and their requests in steps of 10 ms. A request runs for a second; requests run side by side.
class Plant {
 public:
  explicit Plant(std::uint64_t ram) : book_({{"ram", ram}}), policy_(SwapLimits{}, book_) {}

  void add_model(const std::string& name, std::uint64_t bytes, double load_s, ModelNeed need = {}) {
    need.steady = {{"ram", bytes}};
    policy_.set_model(name, need);
    load_s_[name] = load_s;
  }
  // `done` is called when the request ends, with how long it took.
  void request(const std::string& model, std::function<void(double)> done = {}) {
    ASSERT_TRUE(policy_.request_arrived(model, now_));
    waiting_.push_back({model, now_, {}, std::move(done)});
  }
  void run(double seconds) {
    const Instant end = after(now_, seconds);
    while (now_ < end) {
      step();
      now_ = after(now_, 0.01);
    }
  }
  void step() {
    if (loading_ && now_ >= load_done_) {
      held_.at(*loading_).commit();
      policy_.loaded(*loading_, {{"ram", bytes_of(*loading_)}}, load_s_.at(*loading_), now_);
      loading_.reset();
    }
    for (std::size_t i = 0; i < running_.size();) {
      if (now_ < running_[i].ends) {
        ++i;
        continue;
      }
      const Request request = running_[i];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      policy_.request_ended(request.model, now_);
      took_[request.model].push_back(seconds_between(request.arrived, now_));
      if (request.done) request.done(took_[request.model].back());
    }
    for (const SwapAction& action : policy_.decide(now_).actions) carry_out(action);
    for (std::size_t i = 0; i < waiting_.size();) {
      if (!policy_.may_start(waiting_[i].model)) {
        ++i;
        continue;
      }
      policy_.request_started(waiting_[i].model, waiting_[i].arrived, now_);
      running_.push_back(waiting_[i]);
      running_.back().ends = after(now_, 1);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  [[nodiscard]] double worst(const std::string& model) const {
    const auto& all = took_.at(model);
    return *std::max_element(all.begin(), all.end());
  }
  [[nodiscard]] std::size_t served(const std::string& model) const {
    return took_.contains(model) ? took_.at(model).size() : 0;
  }
  [[nodiscard]] bool resident(const std::string& model) const { return held_.contains(model); }
  ModelSwapPolicy& policy() { return policy_; }
  std::vector<std::string> refused;
  bool loads_fail = false;
  int load_attempts = 0;

 private:
  struct Request {
    std::string model;
    Instant arrived;
    Instant ends;
    std::function<void(double)> done;
  };
  std::uint64_t bytes_of(const std::string& model) const {
    for (const auto& holder : book_.holders()) {
      if (holder.owner == model) return holder.bytes.at("ram");
    }
    return 0;
  }
  void carry_out(const SwapAction& action) {
    if (action.kind == SwapActionKind::kLoad) {
      ++load_attempts;
      ASSERT_FALSE(loading_) << "one at a time";
      if (loads_fail) return policy_.load_failed(action.model, now_);
      auto reserved = book_.reserve({action.model, {{"ram", model_bytes.at(action.model)}}, {}});
      ASSERT_TRUE(reserved) << reserved.error().message;
      held_[action.model] = std::move(*reserved);
      loading_ = action.model;
      load_done_ = after(now_, load_s_.at(action.model));
    } else if (action.kind == SwapActionKind::kUnload) {
      for (const Request& r : running_) ASSERT_NE(r.model, action.model) << "unloaded under a running request";
      held_.erase(action.model);
      policy_.unloaded(action.model);
    } else if (action.kind == SwapActionKind::kRefuse) {
      refused.push_back(action.error->message);
      for (const Request& r : waiting_) {
        if (r.model == action.model) policy_.request_left(r.model, r.arrived);
      }
      std::erase_if(waiting_, [&](const Request& r) { return r.model == action.model; });
    }
  }

 public:
  std::map<std::string, std::uint64_t> model_bytes;

 private:
  ReservationBook book_;
  ModelSwapPolicy policy_;
  std::map<std::string, Reservation> held_;
  std::map<std::string, double> load_s_;
  std::map<std::string, std::vector<double>> took_;
  std::vector<Request> waiting_, running_;
  std::optional<std::string> loading_;
  Instant load_done_;
  Instant now_;
};

std::unique_ptr<Plant> plant(std::uint64_t ram, const std::map<std::string, std::uint64_t>& models,
                             const ModelNeed& need = {}) {
  auto made = std::make_unique<Plant>(ram);
  made->model_bytes = models;
  for (const auto& [name, bytes] : models) made->add_model(name, bytes, 2, need);
  return made;
}

// Asks again as soon as it has its answer, each time for the next of its models.
void client(Plant& plant, std::vector<std::string> models, std::size_t turn = 0) {
  const std::string model = models[turn % models.size()];
  plant.request(model, [&plant, models, turn](double) { client(plant, models, turn + 1); });
}

TEST(ModelSwapPolicy, loads_on_demand_and_keeps_what_fits) {
  const auto p = plant(10, {{"a", 4}, {"b", 6}});
  p->run(1);
  EXPECT_EQ(p->policy().loads(), 0U);
  p->request("a");
  p->request("b");
  p->run(10);
  EXPECT_EQ(p->served("a"), 1U);
  EXPECT_EQ(p->served("b"), 1U);
  EXPECT_TRUE(p->resident("a") && p->resident("b"));
}

TEST(ModelSwapPolicy, two_models_that_do_not_fit_together_take_turns_and_none_starves) {
  const auto p = plant(10, {{"a", 8}, {"b", 8}});
  for (int i = 0; i < 3; ++i) {
    client(*p, {"a"});
    client(*p, {"b"});
  }
  p->run(3600);
  // Residency is 8 s, then a second of draining and 2 s of loading: 11 s a turn.
  EXPECT_LE(p->policy().loads(), 3600 / 11 + 3600 / 60 + 3);
  EXPECT_GE(p->served("a"), 3000U);
  EXPECT_GE(p->served("b"), 3000U);
  EXPECT_LE(p->worst("a"), 16);
  EXPECT_LE(p->worst("b"), 16);
}

TEST(ModelSwapPolicy, one_client_that_alternates_swaps_no_more_often) {
  const auto p = plant(10, {{"a", 8}, {"b", 8}});
  client(*p, {"a", "b"});
  p->run(3600);
  EXPECT_LE(p->policy().loads(), 3600 / 10 + 3600 / 60 + 3);
  EXPECT_GE(p->served("a"), 170U);
  EXPECT_LE(p->worst("b"), 13);
}

TEST(ModelSwapPolicy, a_flood_for_one_model_does_not_keep_another_out) {
  const auto p = plant(10, {{"a", 8}, {"b", 8}});
  for (int i = 0; i < 50; ++i) client(*p, {"a"});
  p->run(30);
  p->request("b");
  p->run(14);
  EXPECT_EQ(p->served("b"), 1U);
}

TEST(ModelSwapPolicy, the_first_swaps_of_an_idle_machine_do_not_wait) {
  const auto p = plant(10, {{"a", 8}, {"b", 8}});
  p->request("a");
  p->run(4);
  p->request("b");
  p->run(4);
  EXPECT_EQ(p->served("b"), 1U);
  EXPECT_LT(p->worst("b"), 3.2);
}

TEST(ModelSwapPolicy, evicts_the_longest_unused_and_no_more_than_it_takes) {
  const auto p = plant(10, {{"small", 1}, {"old", 4}, {"new", 5}, {"wanted", 4}});
  for (const char* name : {"small", "old", "new"}) {
    p->request(name);
    p->run(20);
  }
  p->request("wanted");
  p->run(20);
  EXPECT_TRUE(p->resident("small")) << "used longest ago, but its byte would not help";
  EXPECT_FALSE(p->resident("old"));
  EXPECT_TRUE(p->resident("new"));
  EXPECT_TRUE(p->resident("wanted"));
}

TEST(ModelSwapPolicy, pinned_models_stay_and_what_then_does_not_fit_is_refused_with_the_numbers) {
  auto p = plant(1000, {{"a", 800}, {"b", 800}});
  ModelNeed pinned;
  pinned.pinned = true;
  p->add_model("a", 800, 2, pinned);
  p->request("a");
  p->run(20);
  p->request("b");
  p->run(20);
  EXPECT_TRUE(p->resident("a"));
  ASSERT_EQ(p->refused.size(), 1U);
  EXPECT_EQ(p->refused[0], "'b' needs 600 B more of 'ram' than is free with every model evicted that may be");
  p->request("a");
  p->run(2);
  EXPECT_EQ(p->served("a"), 2U);
}

TEST(ModelSwapPolicy, unloads_after_its_ttl) {
  ModelNeed need;
  need.ttl_s = 30;
  const auto p = plant(10, {{"a", 8}}, need);
  p->request("a");
  p->run(30);
  EXPECT_TRUE(p->resident("a"));
  p->run(5);
  EXPECT_FALSE(p->resident("a"));
}

TEST(ModelSwapPolicy, a_load_that_fails_is_tried_again_ever_more_rarely) {
  const auto p = plant(10, {{"a", 8}});
  p->loads_fail = true;
  p->request("a");
  p->run(1000);
  EXPECT_GE(p->load_attempts, 6);
  EXPECT_LE(p->load_attempts, 9);
}

TEST(ModelSwapPolicy, a_model_that_is_no_longer_waited_for_drains_nothing) {
  const auto p = plant(10, {{"a", 8}, {"b", 8}});
  client(*p, {"a"});
  p->run(20);
  ASSERT_TRUE(p->policy().request_arrived("b", Instant{}));
  static_cast<void>(p->policy().decide(after(Instant{}, 20.5)));
  EXPECT_FALSE(p->policy().may_start("a"));
  p->policy().request_left("b", Instant{});
  static_cast<void>(p->policy().decide(after(Instant{}, 20.6)));
  EXPECT_TRUE(p->policy().may_start("a"));
  EXPECT_EQ(p->policy().request_arrived("c", Instant{}).error().code, ErrorCode::kNotFound);
}

// Five models of random sizes, eight clients that ask for any of them: everyone is served within a bound.
class RandomSwaps : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomSwaps, everyone_is_served_within_a_bound) {
  std::mt19937_64 random(GetParam());
  std::map<std::string, std::uint64_t> models;
  for (int i = 0; i < 5; ++i) models["m" + std::to_string(i)] = 2 + random() % 7;
  const auto p = plant(10, models);
  for (int c = 0; c < 8; ++c) {
    std::vector<std::string> wishes;
    for (int i = 0; i < 20; ++i) wishes.push_back("m" + std::to_string(random() % 5));
    client(*p, wishes);
  }
  p->run(1800);
  EXPECT_LE(p->policy().loads(), 1800 / 2);
  for (const auto& [name, bytes] : models) {
    if (p->served(name) > 0) {
      EXPECT_LE(p->worst(name), 5 * 14) << name << ": every other model's turn at most once";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSwaps, testing::Range<std::uint64_t>(1, 9));

// A policy over one book with room for two of three models, without time passing by itself.
class Asked : public testing::Test {
 protected:
  Asked() {
    for (const char* name : {"a", "b", "pinned"}) {
      ModelNeed need;
      need.steady = {{"ram", 10}};
      need.pinned = std::string(name) == "pinned";
      policy_.set_model(name, need);
    }
  }
  void load(const std::string& name) {
    ASSERT_TRUE(policy_.request_arrived(name, at(now_s_)));
    policy_.loaded(name, {{"ram", 10}}, 1, at(now_s_));
    policy_.request_started(name, at(now_s_), at(now_s_));
  }
  void end(const std::string& name) { policy_.request_ended(name, at(now_s_)); }
  [[nodiscard]] static Instant at(double seconds) { return after(Instant{}, seconds); }
  // What is to be done to which models, in their order.
  [[nodiscard]] std::vector<std::string> decide(double seconds, SwapActionKind kind) {
    std::vector<std::string> names;
    for (const SwapAction& action : policy_.decide(at(now_s_ = seconds)).actions)
      if (action.kind == kind) names.push_back(action.model);
    return names;
  }
  using Names = std::vector<std::string>;
  ReservationBook book_{{{"ram", 100}}};
  ModelSwapPolicy policy_{SwapLimits{}, book_};
  double now_s_ = 0;
};

TEST_F(Asked, a_crashed_model_is_held_back_until_its_time) {
  load("a");
  policy_.hold("a", at(5));
  policy_.unloaded("a");
  policy_.request_returned("a", at(0));
  EXPECT_EQ(decide(1, SwapActionKind::kLoad), Names{});
  EXPECT_EQ(policy_.decide(at(2)).wake_at, at(5)) << "and it is not forgotten";
  EXPECT_EQ(decide(5, SwapActionKind::kLoad), Names{"a"});
}

TEST_F(Asked, idle_models_leave_when_memory_is_wanted_but_pinned_and_busy_ones_do_not) {
  load("a");
  load("b");
  load("pinned");
  end("a");
  end("pinned");
  policy_.unload_idle();
  EXPECT_EQ(decide(1, SwapActionKind::kUnload), Names{"a"});
  end("b");
  EXPECT_EQ(decide(2, SwapActionKind::kUnload), Names{}) << "it was asked for once";
}

TEST_F(Asked, a_model_that_another_stands_in_for_leaves_when_its_work_is_done_pinned_or_not) {
  load("pinned");
  policy_.set_leaving("pinned", true);
  EXPECT_EQ(decide(1, SwapActionKind::kUnload), Names{});
  end("pinned");
  EXPECT_EQ(decide(2, SwapActionKind::kUnload), Names{"pinned"});
  policy_.unloaded("pinned");
  policy_.set_leaving("pinned", false);
  load("pinned");
  end("pinned");
  EXPECT_EQ(decide(3, SwapActionKind::kUnload), Names{});
}

}  // namespace
}  // namespace hearth
