// LoRA adapters on a real model: they change what it says, by their scale, and go without a trace.
#include <unistd.h>

#include "llama_fixture.h"

#ifdef HEARTH_CAN_MAKE_GGUF
#include "lora.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using Logits = std::vector<float>;

class LlamaAdapters : public ::testing::Test {
 protected:
  void SetUp() override {
    base_ = test::source_dir() / "data/starter/hearth-starter.gguf";
    folder_ = std::filesystem::path(testing::TempDir()) / ("hearth-lora-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    model_ = load_text({.path = base_.string()});
    prompt_ = *model_->tokenize("Once upon a time", true, false);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::shared_ptr<Adapter> adapter(std::uint64_t seed) {
    make_gguf::LoraOptions options;
    options.base = base_;
    options.seed = seed;
    options.out = folder_ / ("lora" + std::to_string(seed) + ".gguf");
    if (const auto made = make_gguf::make_lora(options); !made) throw std::runtime_error(to_string(made.error()));
    auto loaded = model_->load_adapter(options.out.string());
    if (!loaded) throw std::runtime_error(to_string(loaded.error()));
    return std::move(loaded).value();
  }
  // Of the token after the prompt, in a sequence of its own.
  [[nodiscard]] Logits logits(TextContext& context, const std::vector<ScaledAdapter>& adapters) {
    EXPECT_TRUE(context.trim(-1, -1, -1));
    EXPECT_TRUE(context.set_adapters(adapters));
    const auto rows = context.decode(prompt_batch(prompt_));
    if (!rows) throw std::runtime_error(to_string(rows.error()));
    return {rows->row(0).begin(), rows->row(0).end()};
  }

  std::filesystem::path base_;
  std::filesystem::path folder_;
  std::shared_ptr<TextModel> model_;
  std::vector<Token> prompt_;
};

TEST_F(LlamaAdapters, change_the_logits_and_switching_back_gives_the_same_bits) {
  const auto context = make_context(*model_, {.n_ctx = 256, .n_threads = 1});
  const auto one = adapter(1);
  const auto two = adapter(2);
  const auto bare = logits(*context, {});
  const auto with_one = logits(*context, {{one, 1.0F}});
  const auto half = logits(*context, {{one, 0.5F}});
  const auto with_two = logits(*context, {{two, 1.0F}});
  const auto both = logits(*context, {{one, 1.0F}, {two, 1.0F}});
  const std::vector<const Logits*> all = {&bare, &with_one, &half, &with_two, &both};
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(*all[i], *all[j]) << i << " and " << j;
  EXPECT_EQ(logits(*context, {}), bare);
  EXPECT_EQ(logits(*context, {{one, 1.0F}}), with_one);
  EXPECT_EQ(logits(*context, {}), bare);
}

TEST_F(LlamaAdapters, of_one_context_leave_another_as_it_is) {
  const auto context = make_context(*model_, {.n_ctx = 256, .n_threads = 1});
  const auto other = make_context(*model_, {.n_ctx = 256, .n_threads = 1});
  const auto bare = logits(*other, {});
  (void)logits(*context, {{adapter(1), 1.0F}});
  EXPECT_EQ(logits(*other, {}), bare);
}

TEST_F(LlamaAdapters, count_into_the_memory_while_they_are_held) {
  const auto bytes = [&] {
    std::uint64_t sum = 0;
    for (const auto& item : model_->model()->memory_now()->items)
      if (item.component == HEARTH_MEM_ADAPTER) sum += item.bytes;
    return sum;
  };
  EXPECT_EQ(bytes(), 0U);
  auto held = adapter(1);
  EXPECT_GT(bytes(), 0U);
  held.reset();
  EXPECT_EQ(bytes(), 0U);
}

}  // namespace
}  // namespace hearth::test
#endif
