// KV types, flash attention, embeddings and adapters: the options that change what is computed.
#include <cmath>
#include <cstring>
#include <numeric>

#include "llama_fixture.h"
#include "support/gguf_builder.h"

namespace hearth::test {
namespace {

TEST(LlamaOptions, quantised_kv_with_flash_attention_stays_close_to_f16) {
  const auto path = shared_model("llm/bitllama-3M-f16.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto prompt = *model->tokenize("Once upon a time there was a little", true, false);
  const auto logits = [&](const TextOptions& options) {
    const auto context = make_context(*model, options);
    const auto rows = context->decode(prompt_batch(prompt));
    EXPECT_TRUE(rows);
    const auto row = rows->row(0);
    return std::vector<float>(row.begin(), row.end());
  };
  const auto exact = logits({.flash_attention = Toggle::kOff});
  const auto cosine = [&exact](const std::vector<float>& other) {
    const auto dot = [](const auto& a, const auto& b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    return dot(exact, other) / std::sqrt(dot(exact, exact) * dot(other, other));
  };
  EXPECT_GT(cosine(logits({.flash_attention = Toggle::kOn})), 0.9999);
  for (const char* type : {"q8_0", "q4_0"}) {
    const auto quantised = logits({.flash_attention = Toggle::kOn, .kv_type_k = type, .kv_type_v = type});
    EXPECT_GT(cosine(quantised), type[1] == '8' ? 0.999 : 0.97) << type;
    EXPECT_NE(quantised, exact) << type;
  }
}

TEST(LlamaOptions, options_that_llama_cpp_cant_take_are_refused_in_words) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const std::vector<TextOptions> refused = {
      {.n_ctx = 256, .kv_type_k = "q3_9"},
      {.n_ctx = 256, .flash_attention = Toggle::kOff, .kv_type_v = "q8_0"},
      {.n_ctx = 256, .flash_attention = Toggle::kOn, .kv_type_k = "q8_0"},  // heads of 8 values, blocks of 32
      {.n_ctx = 256, .n_seq_max = 100000},
      {.n_ctx = 256, .n_threads = 100000},
      {.n_ctx = 4000000000U},
      {.n_ctx = 256, .embeddings = true, .pooling = "sideways"},
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto context = model->new_context(refused[i]);
    ASSERT_FALSE(context) << i;
    EXPECT_EQ(context.error().code, ErrorCode::kInvalidArgument) << i << ": " << to_string(context.error());
  }
  EXPECT_TRUE(model->new_context({.n_ctx = 8, .n_seq_max = 16}));
}

TEST(LlamaOptions, a_context_larger_than_memory_is_refused_before_it_is_tried) {
  const auto path = shared_model("llm/bitllama-3M-f16.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto context = model->new_context({.n_ctx = 2000000000U, .kv_type_k = "f32", .kv_type_v = "f32"});
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::kDoesNotFit) << to_string(context.error());
}

std::vector<float> embedding(const TextModel& model, const std::string& pooling, const std::vector<Token>& tokens,
                             bool all) {
  const auto context = make_context(model, {.embeddings = true, .pooling = pooling});
  auto batch = prompt_batch(tokens);
  for (auto& entry : batch) entry.wants_output = entry.wants_output || all;
  const auto rows = context->decode(batch);
  EXPECT_TRUE(rows);
  EXPECT_EQ(rows->row_size, model.info()->n_embd);
  EXPECT_EQ(rows->n_rows, all ? tokens.size() : 1U);
  return {rows->data, rows->data + std::size_t{rows->n_rows} * rows->row_size};
}

TEST(LlamaOptions, pooled_embeddings_are_the_mean_and_the_last_of_the_token_embeddings) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto tokens = *model->tokenize("Lily had a red ball", true, false);
  const auto each = embedding(*model, "none", tokens, true);
  const auto mean = embedding(*model, "mean", tokens, false);
  const auto last = embedding(*model, "last", tokens, false);
  const auto only_last = embedding(*model, "none", tokens, false);
  const auto size = mean.size();
  for (std::size_t i = 0; i < size; ++i) {
    float sum = 0;
    for (std::size_t t = 0; t < tokens.size(); ++t) sum += each[t * size + i];
    EXPECT_NEAR(mean[i], sum / static_cast<float>(tokens.size()), 1e-4F);
    EXPECT_FLOAT_EQ(last[i], each[(tokens.size() - 1) * size + i]);
    EXPECT_FLOAT_EQ(only_last[i], last[i]);
  }
}

TEST(LlamaOptions, pooled_embeddings_of_several_sequences_come_with_their_entries) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto one = *model->tokenize("Lily had a red ball", true, false);
  const auto two = *model->tokenize("The dog", true, false);
  const auto context = make_context(*model, {.n_seq_max = 2, .embeddings = true, .pooling = "mean"});
  auto batch = prompt_batch(two, 1);
  const auto first = prompt_batch(one, 0);
  batch.insert(batch.end(), first.begin(), first.end());
  const auto rows = context->decode(batch);
  ASSERT_TRUE(rows) << to_string(rows.error());
  ASSERT_EQ(rows->n_rows, 2U);
  const auto alone_two = embedding(*model, "mean", two, false);
  const auto alone_one = embedding(*model, "mean", one, false);
  for (std::uint32_t i = 0; i < rows->row_size; ++i) {
    EXPECT_NEAR(rows->row(0)[i], alone_two[i], 1e-4F);
    EXPECT_NEAR(rows->row(1)[i], alone_one[i], 1e-4F);
  }
  const auto too_long = context->decode(prompt_batch(std::vector<Token>(512 + 1, one[1])));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kInvalidArgument);
}

// A LoRA of rank 2 on the first layer's queries of a 64-wide model, all weights `value`.
std::string adapter_bytes(const std::string& architecture, float value) {
  auto bytes = GgufBuilder()
                   .text("general.type", "adapter")
                   .text("general.architecture", architecture)
                   .text("adapter.type", "lora")
                   .float32("adapter.lora.alpha", 2.0F)
                   .tensor({"blk.0.attn_q.weight.lora_a", {64, 2}, 0, 0})
                   .tensor({"blk.0.attn_q.weight.lora_b", {2, 64}, 0, 512})
                   .data(1024)
                   .build();
  for (std::size_t at = bytes.size() - 1024; at < bytes.size(); at += sizeof(float))
    std::memcpy(bytes.data() + at, &value, sizeof(float));
  return bytes;
}

TEST(LlamaOptions, adapters_change_a_context_while_set_and_only_it) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto prompt = *model->tokenize("Once upon a time", true, false);
  const TemporaryFile file("lora.gguf", adapter_bytes("llama", 0.4F));
  const auto adapter = model->load_adapter(file.path());
  ASSERT_TRUE(adapter) << to_string(adapter.error());
  EXPECT_EQ(model->model()->memory_now()->component_bytes("adapter"), 1024U);
  const auto context = make_context(*model);
  const auto logits = [&](TextContext& on) {
    EXPECT_TRUE(on.trim(0, -1, -1));
    const auto rows = on.decode(prompt_batch(prompt));
    EXPECT_TRUE(rows);
    const auto row = rows->row(0);
    return std::vector<float>(row.begin(), row.end());
  };
  const auto plain = logits(*context);
  ASSERT_TRUE(context->set_adapters({{*adapter, 1.0F}}));
  EXPECT_NE(logits(*context), plain);
  EXPECT_EQ(logits(*make_context(*model)), plain);
  ASSERT_TRUE(context->set_adapters({}));
  EXPECT_EQ(logits(*context), plain);

  const TemporaryFile foreign("foreign.gguf", adapter_bytes("gemma3", 0.1F));
  for (const auto& wrong : {foreign.path(), path.string()}) {
    const auto refused = model->load_adapter(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidData) << to_string(refused.error());
  }
  const auto absent = model->load_adapter("no-such-adapter.gguf");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::test
