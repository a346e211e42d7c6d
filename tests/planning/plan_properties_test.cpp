// What holds for every plan, over generated machines and wishes. HEARTH_PROPERTY_CASES sets how many are tried.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "documents/plan_json.h"
#include "documents/profile_json.h"
#include "planning.h"

namespace hearth::test {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;

int cases() {
  const char* wanted = std::getenv("HEARTH_PROPERTY_CASES");
  return wanted ? std::max(1, std::atoi(wanted)) : 60;
}

class Wishes {
 public:
  explicit Wishes(unsigned seed) : random_(seed) {}

  std::string device() {
    const auto& devices = shipped_catalog().devices();
    return devices[pick(devices.size())].id;
  }

  PlanRequest request() {
    PlanRequest out;
    out.device = device();
    const std::vector<std::string> tasks = {"chat", "vision", "stt", "tts", "embed", "image_chat", "classify"};
    const std::size_t count = 1 + pick(3);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& task = tasks[pick(tasks.size())];
      bool there = false;
      for (const auto& wish : out.wishes) there = there || wish.task == task;
      if (!there) out.wishes.push_back({task, "", false});
    }
    if (pick(3) == 0) out.users = static_cast<std::uint32_t>(1 + pick(8));
    if (pick(3) == 0) out.context_length = 512ULL << pick(6);
    if (pick(4) == 0) out.uses = {"code"};
    if (pick(4) == 0) out.budget_bytes = (1 + pick(24)) * kGiB;
    if (pick(4) == 0) out.slo_tok_s = 5.0 + static_cast<double>(pick(40));
    out.offline = pick(2) == 0;
    out.quality = static_cast<PlanQuality>(pick(3));
    return out;
  }

  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

 private:
  std::mt19937 random_;
};

double worth(const Plan& plan) {
  double sum = -1e5 * static_cast<double>(plan.unserved.size());
  for (const auto& choice : plan.choices) sum += choice.score;
  return sum;
}

std::string described(const PlanRequest& request) {
  std::string out = request.device;
  for (const auto& wish : request.wishes) out += " " + wish.task;
  return out;
}

TEST(PlanProperty, more_memory_never_makes_a_plan_worse) {
  Wishes wishes(1);
  for (int i = 0; i < cases(); ++i) {
    PlanRequest request = wishes.request();
    request.budget_bytes.reset();
    HardwareProfile machine = machine_called(request.device);
    auto smaller = plan_on(machine, request);
    ASSERT_TRUE(smaller) << smaller.error().message;
    machine.memory.total_bytes->value += (1 + wishes.pick(32)) * kGiB;
    for (auto& device : machine.accelerators) {
      if (device.memory_bytes) device.memory_bytes->value += wishes.pick(16) * kGiB;
      if (device.max_working_set_bytes) device.max_working_set_bytes->value += wishes.pick(16) * kGiB;
    }
    auto larger = plan_on(machine, request);
    ASSERT_TRUE(larger) << larger.error().message;
    EXPECT_GE(worth(*larger), worth(*smaller) - 1e-9) << described(request);
  }
}

TEST(PlanProperty, a_larger_budget_never_makes_a_plan_worse) {
  Wishes wishes(2);
  for (int i = 0; i < cases(); ++i) {
    PlanRequest request = wishes.request();
    request.budget_bytes = (1 + wishes.pick(16)) * kGiB;
    auto smaller = plan_request(request);
    *request.budget_bytes += (1 + wishes.pick(16)) * kGiB;
    auto larger = plan_request(request);
    ASSERT_TRUE(smaller && larger);
    EXPECT_GE(worth(*larger), worth(*smaller) - 1e-9) << described(request);
  }
}

TEST(PlanProperty, no_plan_exceeds_its_budget) {
  Wishes wishes(3);
  for (int i = 0; i < cases(); ++i) {
    const PlanRequest request = wishes.request();
    auto plan = plan_request(request);
    ASSERT_TRUE(plan) << plan.error().message;
    std::uint64_t planned = 0, chosen = 0;
    for (const auto& pool : plan->pools) {
      EXPECT_LE(pool.planned_bytes, pool.budget_bytes) << described(request) << " " << pool.pool;
      EXPECT_LE(pool.budget_bytes + (request.budget_bytes ? 0 : pool.reserved_bytes), pool.capacity_bytes);
      planned += pool.planned_bytes;
    }
    for (const auto& choice : plan->choices)
      if (choice.placement.kind != "several_gpus") chosen += choice.memory.total_bytes();
    EXPECT_LE(chosen, plan->budget_bytes()) << described(request);
    if (request.budget_bytes) {
      EXPECT_LE(planned, *request.budget_bytes) << described(request);
    }
  }
}

TEST(PlanProperty, offline_and_private_plans_name_nothing_remote) {
  Wishes wishes(4);
  for (int i = 0; i < cases(); ++i) {
    PlanRequest request = wishes.request();
    request.offline = i % 2 == 0;
    request.privacy = !request.offline;
    auto plan = plan_request(request);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_TRUE(plan->offline);
    for (const auto& way : plan->alternatives) EXPECT_NE(way.kind, "remote") << described(request);
    for (const auto& [task, rungs] : plan->ladders)
      for (const auto& rung : rungs) EXPECT_EQ(rung.action.find("another machine"), std::string::npos);
    const std::string text = write_plan(*plan);
    for (const char* remote : {"http://", "https://", "ssh://"})
      EXPECT_EQ(text.find(remote), std::string::npos) << remote;
  }
}

TEST(PlanProperty, a_profile_from_a_file_gives_the_plan_of_the_machine_itself) {
  Wishes wishes(5);
  for (int i = 0; i < cases(); ++i) {
    const PlanRequest request = wishes.request();
    const HardwareProfile machine = machine_called(request.device);
    auto read = read_profile(write_profile(machine));
    ASSERT_TRUE(read) << read.error().message;
    auto direct = plan_on(machine, request);
    auto from_file = plan_on(*read, request);
    ASSERT_TRUE(direct && from_file);
    EXPECT_EQ(write_plan(*direct), write_plan(*from_file)) << described(request);
  }
}

TEST(PlanProperty, a_plan_is_read_back_as_it_was_written) {
  Wishes wishes(6);
  for (int i = 0; i < cases() / 2; ++i) {
    auto plan = plan_request(wishes.request());
    ASSERT_TRUE(plan);
    const std::string text = write_plan(*plan);
    auto read = read_plan(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(write_plan(*read), text);
  }
}

TEST(PlanProperty, what_is_chosen_respects_floor_context_and_licence) {
  Wishes wishes(7);
  const auto& catalog = shipped_catalog();
  for (int i = 0; i < cases(); ++i) {
    PlanRequest request = wishes.request();
    request.commercial = i % 2 == 0;
    auto plan = plan_request(request);
    ASSERT_TRUE(plan) << plan.error().message;
    for (const auto& choice : plan->choices) {
      const auto* model = *catalog.model(choice.model);
      const auto* precision = *catalog.precision(choice.precision);
      if (request.commercial) {
        EXPECT_NE(model->licence.commercial, "no") << choice.model;
      }
      if (!choice.projection.decode_tok_s) continue;
      if (request.context_length) {
        EXPECT_EQ(choice.context_length, *request.context_length);
      }
      EXPECT_LE(choice.context_length, model->decoder->context_length);
      const auto* floor = catalog.floor_of(request.uses.empty() ? "chat" : request.uses.front());
      const bool own = precision->id == "mxfp4";
      if (floor && !own) {
        EXPECT_GE(precision->rung, floor->rung) << choice.model;
      }
    }
  }
}

TEST(PlanProperty, every_interval_holds_its_value) {
  Wishes wishes(8);
  for (int i = 0; i < cases(); ++i) {
    auto plan = plan_request(wishes.request());
    ASSERT_TRUE(plan);
    for (const auto& choice : plan->choices) {
      const auto& p = choice.projection;
      for (const auto& figure : {p.prefill_tok_s, p.decode_tok_s, p.total_decode_tok_s, p.sustained_decode_tok_s,
                                 p.ttft_ms, p.latency_ms, p.fps, p.rtf, p.power_w}) {
        if (!figure) continue;
        EXPECT_GT(figure->low, 0);
        EXPECT_LE(figure->low, figure->value);
        EXPECT_LE(figure->value, figure->high);
        EXPECT_TRUE(std::isfinite(figure->high));
      }
    }
  }
}

}  // namespace
}  // namespace hearth::test
