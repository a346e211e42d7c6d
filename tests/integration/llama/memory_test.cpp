// What was estimated is what is there, to the byte; and placement says where.
#include "llama_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

void expect_estimate_holds(const LoadOptions& load, const TextOptions& text) {
  const auto estimate = llama_runtime().estimate(load, text);
  ASSERT_TRUE(estimate) << to_string(estimate.error());
  const auto model = load_text(load);
  const auto context = model->new_context(text);
  ASSERT_TRUE(context) << to_string(context.error());
  const auto now = model->model()->memory_now();
  ASSERT_TRUE(now);
  EXPECT_EQ(estimate->by_component(), now->by_component());
  EXPECT_EQ(estimate->by_device(), now->by_device());
  EXPECT_EQ(estimate->mapped_bytes(), now->mapped_bytes());
  for (const char* component : {"weights", "kv_cache", "compute", "output"})
    EXPECT_GT(now->component_bytes(component), 0U) << component;
}

TEST(LlamaMemory, estimate_equals_memory_now_for_every_shared_model_and_option) {
  const auto models = shared_models("llm", ".gguf");
  if (models.empty()) GTEST_SKIP() << "no models in " << test::shared_dir();
  const std::vector<TextOptions> texts = {
      {.n_ctx = 512},
      {},
      {.n_ctx = 4096, .n_seq_max = 4},
      {.n_ctx = 2048, .n_seq_max = 4, .n_ubatch = 64, .unified_kv = Toggle::kOff},
      {.n_ctx = 512, .flash_attention = Toggle::kOff, .kv_type_k = "f32", .kv_type_v = "f32"},
      {.n_ctx = 512, .embeddings = true, .pooling = "mean"},
  };
  for (const auto& path : models) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      for (const auto mmap : {Toggle::kAuto, Toggle::kOff}) {
        SCOPED_TRACE(path.filename().string() + ", options " + std::to_string(i) + ", mmap " +
                     std::to_string(static_cast<int>(mmap)));
        expect_estimate_holds({.path = path.string(), .use_mmap = mmap}, texts[i]);
      }
    }
    SCOPED_TRACE(path.filename().string() + ", without repacking");
    expect_estimate_holds({.path = path.string(), .extra_json = R"({"repack":false})"}, {.n_ctx = 512});
  }
}

TEST(LlamaMemory, mapped_weights_are_told_apart_and_contexts_come_and_go) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto mapped = load_text({.path = path.string(), .use_mmap = Toggle::kOn});
  const auto copied = load_text({.path = path.string(), .use_mmap = Toggle::kOff});
  const auto placement = mapped->model()->placement();
  ASSERT_TRUE(placement);
  EXPECT_GT(placement->mapped_bytes(), 1000000U);
  EXPECT_EQ(copied->model()->placement()->mapped_bytes(), 0U);
  EXPECT_GT(copied->model()->placement()->component_bytes("weights"), 1000000U);
  for (const auto& item : placement->items) EXPECT_EQ(item.device, "cpu");

  const auto bytes = [&mapped] { return mapped->model()->memory_now()->component_bytes("kv_cache"); };
  EXPECT_EQ(bytes(), 0U);
  auto one = make_context(*mapped);
  const auto single = bytes();
  EXPECT_GT(single, 0U);
  const auto two = make_context(*mapped);
  EXPECT_EQ(bytes(), 2 * single);
  one.reset();
  EXPECT_EQ(bytes(), single);
}

TEST(LlamaMemory, output_grows_with_the_embeddings_asked_for) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto context = make_context(*model, {.embeddings = true, .pooling = "mean"});
  const auto before = model->model()->memory_now()->component_bytes("output");
  ASSERT_TRUE(context->decode(prompt_batch(std::vector<Token>(100, 5))));
  EXPECT_EQ(model->model()->memory_now()->component_bytes("output"), 100 * before);
}

}  // namespace
}  // namespace hearth::test
