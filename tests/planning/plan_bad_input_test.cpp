// Wishes nobody can meet are answered by one sentence and the nearest valid choice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/plan_json.h"
#include "documents/profile_json.h"
#include "planning.h"

namespace hearth::test {
namespace {

using testing::HasSubstr;

PlanRequest chat_on(const std::string& device) {
  PlanRequest request;
  request.device = device;
  request.wishes = {{"chat", "", false}};
  return request;
}

void refused(const PlanRequest& request, ErrorCode code, const std::string& says, const std::string& hint) {
  auto plan = plan_request(request);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, code) << plan.error().message;
  EXPECT_THAT(plan.error().message, HasSubstr(says));
  EXPECT_THAT(plan.error().hint, HasSubstr(hint));
  EXPECT_EQ(plan.error().message.find('\n'), std::string::npos);
}

TEST(PlanBadInput, an_unknown_model_gets_the_nearest_name) {
  PlanRequest request = chat_on("pi5");
  request.wishes[0].model = "qwen3-8bb";
  refused(request, ErrorCode::kNotFound, "qwen3-8bb", "qwen3-8b");
}

TEST(PlanBadInput, an_unknown_task_gets_the_nearest_one) {
  PlanRequest request = chat_on("pi5");
  request.wishes[0].task = "chatt";
  refused(request, ErrorCode::kInvalidArgument, "chatt", "chat");
}

TEST(PlanBadInput, an_unknown_precision_gets_the_nearest_one) {
  PlanRequest request = chat_on("pi5");
  request.precision = "Q4_K_N";
  refused(request, ErrorCode::kNotFound, "Q4_K_N", "did you mean");
}

TEST(PlanBadInput, a_cache_precision_is_no_precision_of_weights) {
  PlanRequest request = chat_on("pi5");
  request.precision = "kv-q8-0";
  refused(request, ErrorCode::kInvalidArgument, "cache", "--kv-type");
}

TEST(PlanBadInput, a_huge_context_is_refused) {
  PlanRequest request = chat_on("pi5");
  request.context_length = 1ULL << 40U;
  refused(request, ErrorCode::kInvalidArgument, "beyond any", "largest");
}

TEST(PlanBadInput, a_context_beyond_the_models_training_names_its_limit) {
  PlanRequest request = chat_on("h100-sxm-80gb");
  request.wishes[0].model = "qwen3-8b";
  request.context_length = 1U << 20U;
  refused(request, ErrorCode::kInvalidArgument, "was trained for 40960", "--ctx 40960");
}

TEST(PlanBadInput, high_quality_and_a_low_precision_contradict_each_other) {
  PlanRequest request = chat_on("rtx-4090");
  request.quality = PlanQuality::kHigh;
  request.precision = "q4-k-m";
  refused(request, ErrorCode::kInvalidArgument, "contradict", "drop one");
}

TEST(PlanBadInput, no_users_and_no_memory_are_refused) {
  PlanRequest request = chat_on("pi5");
  request.users = 0;
  refused(request, ErrorCode::kInvalidArgument, "0 users", "1 or more");
  request = chat_on("pi5");
  request.budget_bytes = 1;
  refused(request, ErrorCode::kInvalidArgument, "holds no model", "--budget-gib");
}

TEST(PlanBadInput, a_machine_of_unknown_memory_is_refused) {
  HardwareProfile machine = machine_called("pi5");
  machine.memory.total_bytes.reset();
  auto plan = plan_on(machine, chat_on("pi5"));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("memory"));
  EXPECT_THAT(plan.error().hint, HasSubstr("memory.total_bytes"));
}

TEST(PlanBadInput, an_unknown_system_says_so) {
  HardwareProfile machine = machine_called("pi5");
  machine.os = "plan9";
  auto plan = plan_on(machine, chat_on("pi5"));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("plan9"));
}

TEST(PlanBadInput, words_without_a_wish_are_answered_by_an_example) {
  for (const char* words : {"hello there", "????", "0 0 0", "\xff\xfe"}) {
    auto plan = plan_words(words);
    ASSERT_FALSE(plan) << words;
    EXPECT_THAT(plan.error().hint, HasSubstr("hearth plan"));
  }
}

TEST(PlanBadInput, words_that_nothing_read_are_listed) {
  auto plan = plan_words("voice assistant on a Pi 5 with teleportation");
  ASSERT_TRUE(plan);
  bool listed = false;
  for (const auto& reading : plan->understood.readings)
    listed = listed || (reading.field == "not understood" && reading.value == "teleportation");
  EXPECT_TRUE(listed);
}

TEST(PlanBadInput, damaged_plans_name_the_place) {
  auto plan = plan_words("chat on pi 5");
  ASSERT_TRUE(plan);
  const std::string text = write_plan(*plan);
  for (const auto& [from, to, place] :
       {std::tuple{"\"users\": 1", "\"users\": \"one\"", "users"}, std::tuple{"\"bytes\": ", "\"bytes\": -", "bytes"},
        std::tuple{"\"choices\": [", "\"choices\": 7, \"x\": [", "choices"}}) {
    std::string damaged = text;
    damaged.replace(damaged.find(from), std::string_view(from).size(), to);
    auto read = read_plan(damaged);
    ASSERT_FALSE(read) << from;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidData);
    EXPECT_THAT(read.error().message, HasSubstr(place));
  }
  for (std::size_t length = 0; length < text.size(); length += 97) EXPECT_FALSE(read_plan(text.substr(0, length)));
  EXPECT_FALSE(read_plan("[]"));
  EXPECT_FALSE(read_plan("{\"schema_version\": 99, \"choices\": [], \"device\": {}}"));
}

}  // namespace
}  // namespace hearth::test
