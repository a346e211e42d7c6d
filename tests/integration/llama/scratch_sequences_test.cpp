// Ranges of a sequence leave and come back by way of scratch sequences, whatever the cells are stored as and wherever
// the free ones lie: what blocks of a prefix cache are made of.
#include <algorithm>
#include <cmath>

#include "llama_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using Bytes = std::vector<std::byte>;

struct Cells {
  const char* name;
  const char* type_k;
  const char* type_v;
  Toggle flash_attention;
};

constexpr std::int32_t kScratch = 255;  // the last of the most sequences that llama.cpp has
constexpr std::int32_t kBlock = 32;
constexpr std::int32_t kBlocks = 3;

class ScratchSequences : public ::testing::TestWithParam<Cells> {
 protected:
  void SetUp() override {
    model_ = load_text({.path = test::source_dir().string() + "/data/starter/hearth-starter.gguf"});
    std::string text = "Once upon a time";
    while (prompt_.size() < std::size_t{kBlock} * kBlocks + 1) {
      text += ", there was a little girl named Lily who loved to play outside in the park";
      prompt_ = *model_->tokenize(text, true, false);
    }
    prompt_.resize(std::size_t{kBlock} * kBlocks + 1);
  }
  [[nodiscard]] std::unique_ptr<TextContext> context() const {
    TextOptions options;
    options.n_ctx = 1024;
    options.n_seq_max = 256;
    options.n_threads = 1;
    options.unified_kv = Toggle::kOn;
    options.flash_attention = GetParam().flash_attention;
    options.kv_type_k = GetParam().type_k;
    options.kv_type_v = GetParam().type_v;
    return make_context(*model_, options);
  }
  // All but the last token of the prompt.
  void fill(TextContext& context, std::int32_t sequence) const {
    auto batch = prompt_batch({prompt_.begin(), prompt_.end() - 1}, sequence);
    ASSERT_TRUE(context.decode(batch));
  }
  // Of the token after the prompt, whose last token is decoded here.
  [[nodiscard]] std::vector<float> last_logits(TextContext& context, std::int32_t sequence) const {
    const auto rows =
        context.decode(prompt_batch({prompt_.back()}, sequence, static_cast<std::int32_t>(prompt_.size()) - 1));
    if (!rows) throw std::runtime_error(to_string(rows.error()));
    return {rows->row(0).begin(), rows->row(0).end()};
  }
  [[nodiscard]] static Bytes save(TextContext& context, std::int32_t sequence) {
    Bytes out;
    EXPECT_TRUE(context.save(sequence, [&](std::span<const std::byte> bytes) {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return true;
    }));
    return out;
  }
  [[nodiscard]] static Status restore(TextContext& context, std::int32_t sequence, const Bytes& bytes) {
    std::size_t at = 0;
    return context.restore(sequence, [&](std::span<std::byte> into) {
      const auto n = std::min(into.size(), bytes.size() - at);
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), n, into.begin());
      at += n;
      return n;
    });
  }
  [[nodiscard]] static Bytes save_range(TextContext& context, std::int32_t from, std::int32_t p0, std::int32_t p1) {
    EXPECT_TRUE(context.copy(from, kScratch, p0, p1));
    EXPECT_EQ(context.range(kScratch)->first, p0);
    EXPECT_EQ(context.range(kScratch)->last, p1 - 1);
    Bytes out = save(context, kScratch);
    EXPECT_TRUE(context.trim(kScratch, -1, -1));
    return out;
  }
  static void expect_near(const std::vector<float>& a, const std::vector<float>& b) {
    const auto spread = std::ranges::max(b) - std::ranges::min(b);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 0.01F * spread) << i;
  }

  std::shared_ptr<TextModel> model_;
  std::vector<Token> prompt_;
};
INSTANTIATE_TEST_SUITE_P(Stored, ScratchSequences,
                         ::testing::Values(Cells{"f16", "f16", "f16", Toggle::kOff},
                                           Cells{"f16_flash", "f16", "f16", Toggle::kOn},
                                           Cells{"q8_0_keys", "q8_0", "f16", Toggle::kOff},
                                           Cells{"q8_0_flash", "q8_0", "q8_0", Toggle::kOn},
                                           Cells{"q4_0_flash", "q4_0", "q4_0", Toggle::kOn}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(ScratchSequences, blocks_come_back_into_holes_and_go_on_as_before) {
  const auto context = this->context();
  fill(*context, 0);
  std::vector<Bytes> blocks;
  for (std::int32_t i = 0; i < kBlocks; ++i) blocks.push_back(save_range(*context, 0, i * kBlock, (i + 1) * kBlock));
  const auto expected = last_logits(*context, 0);

  // Holes of a few cells all over: single tokens of many sequences in turn, then every other sequence gone.
  ASSERT_TRUE(context->trim(-1, -1, -1));
  std::vector<BatchEntry> batch;
  for (std::int32_t position = 0; position < 3; ++position)
    for (std::int32_t sequence = 0; sequence < 250; ++sequence)
      batch.push_back({prompt_[static_cast<std::size_t>(position)], position, sequence, false});
  for (std::size_t at = 0; at < batch.size(); at += 250)
    ASSERT_TRUE(context->decode(std::span(batch).subspan(at, 250)));
  for (std::int32_t sequence = 0; sequence < 250; sequence += 2) ASSERT_TRUE(context->trim(sequence, -1, -1));

  for (std::int32_t i = 0; i < kBlocks; ++i) {
    const auto restored = restore(*context, kScratch, blocks[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(restored) << to_string(restored.error());
    ASSERT_TRUE(context->copy(kScratch, 0, i * kBlock, (i + 1) * kBlock));
    ASSERT_TRUE(context->trim(kScratch, -1, -1));
  }
  EXPECT_EQ(context->range(0)->first, 0);
  EXPECT_EQ(context->range(0)->last, kBlock * kBlocks - 1);
  expect_near(last_logits(*context, 0), expected);
}

TEST_P(ScratchSequences, a_saved_range_is_as_large_as_its_cells) {
  const auto context = this->context();
  fill(*context, 0);
  const auto size = [&](std::int32_t p0, std::int32_t p1) { return save_range(*context, 0, p0, p1).size(); };
  const auto one = size(0, kBlock);
  const auto two = size(0, 2 * kBlock);
  EXPECT_EQ((two - one) % kBlock, 0U);
  EXPECT_EQ(size(0, 3 * kBlock) - two, two - one);
  EXPECT_EQ(size(kBlock, 2 * kBlock), one);
  EXPECT_LT(one - (two - one), 4096U) << "what is not cells";
}

TEST_P(ScratchSequences, the_rest_is_computed_after_a_restored_beginning) {
  const auto context = this->context();
  fill(*context, 0);
  const auto block = save_range(*context, 0, 0, kBlock);
  const auto expected = last_logits(*context, 0);
  ASSERT_TRUE(context->trim(-1, -1, -1));
  ASSERT_TRUE(restore(*context, 254, block));
  ASSERT_TRUE(context->decode(prompt_batch({prompt_.begin() + kBlock, prompt_.end() - 1}, 254, kBlock)));
  expect_near(last_logits(*context, 254), expected);
}

}  // namespace
}  // namespace hearth::test
