#include "deploy/deploy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/sample_plans.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Plan& plan, const std::string& path) {
  for (const auto& file : deployment_configs(plan))
    if (file.path == path) return file.text;
  return "no file " + path;
}

TEST(Deploy, paths_are_unique_and_below_the_deploy_folder) {
  for (const auto& [name, plan] : test::sample_plans()) {
    std::set<std::string> paths;
    for (const auto& file : deployment_configs(plan)) {
      EXPECT_TRUE(paths.insert(file.path).second) << name << ' ' << file.path;
      EXPECT_EQ(file.path.rfind("deploy/", 0), 0u) << file.path;
      EXPECT_EQ(file.path.find(".."), std::string::npos) << file.path;
      EXPECT_EQ(file.executable, file.path.size() > 3 && file.path.substr(file.path.size() - 3) == ".sh") << file.path;
    }
  }
}

TEST(Deploy, nothing_is_written_for_a_plan_without_choices) {
  EXPECT_TRUE(deployment_configs(test::unserved_plan()).empty());
}

TEST(Deploy, two_choices_for_one_task_get_folders_of_their_own) {
  Plan plan = test::pi5_voice_plan();
  plan.choices.push_back(plan.choices[0]);
  EXPECT_THAT(text_of(plan, "deploy/chat-2/llama-server.sh"), HasSubstr("--port 8084"));
}

TEST(Deploy, llama_server_gets_the_context_of_all_users_together) {
  Plan plan = test::pi5_voice_plan();
  plan.choices[0].users = 3;
  const std::string text = text_of(plan, "deploy/chat/llama-server.sh");
  EXPECT_THAT(text, HasSubstr("--ctx-size 12288"));
  EXPECT_THAT(text, HasSubstr("--parallel 3"));
}

TEST(Deploy, a_quantised_cache_turns_flash_attention_on) {
  Plan plan = test::pi5_voice_plan();
  plan.choices[0].settings.kv_type = "q4_0";
  EXPECT_THAT(text_of(plan, "deploy/chat/llama-server.sh"), HasSubstr("--flash-attn on"));
}

TEST(Deploy, weights_on_a_hub_are_named_only_where_it_has_the_chosen_ones) {
  Plan plan = test::pi5_voice_plan();
  plan.offline = plan.understood.request.offline = false;
  EXPECT_THAT(text_of(plan, "deploy/chat/llama-server.sh"), Not(HasSubstr("--hf-repo")));  // unquantised ones only
  plan.choices[0].hub = "owner/Qwen3-1.7B-GGUF";
  EXPECT_THAT(text_of(plan, "deploy/chat/llama-server.sh"), HasSubstr("--hf-repo owner/Qwen3-1.7B-GGUF:Q4_K_M"));
  plan.understood.request.privacy = true;
  EXPECT_THAT(text_of(plan, "deploy/chat/llama-server.sh"), Not(HasSubstr("--hf-repo")));
}

TEST(Deploy, minus_one_layer_on_the_gpu_means_all) {
  Plan plan = test::hostile_plan();
  plan.choices[1].placement = {"one_device", {{"gpu0", 1}}, -1, 48, 0};
  plan.choices[1].settings.gpu_layers = -1;
  EXPECT_THAT(text_of(plan, "deploy/code/llama-server.sh"), HasSubstr("--gpu-layers 999"));
}

TEST(Deploy, a_split_model_keeps_its_layers_and_experts_where_the_plan_put_them) {
  Plan plan = test::hostile_plan();
  EXPECT_THAT(text_of(plan, "deploy/code/llama-server.sh"), HasSubstr("--n-cpu-moe 36"));
  plan.choices[1].placement = {"layers_split", {{"gpu0", 1}, {"ram", 1}}, 20, 48, 0};
  EXPECT_THAT(text_of(plan, "deploy/code/llama-server.sh"), HasSubstr("--gpu-layers 20"));
  EXPECT_THAT(text_of(plan, "deploy/code/Modelfile"), HasSubstr("PARAMETER num_gpu 20"));
}

}  // namespace
}  // namespace hearth
