// The config.json of published models gives the dimensions that their records in the catalogue have.
#include "formats/hub_config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "app/catalog_loading.h"
#include "support/paths.h"

namespace hearth {
namespace {

const Catalog& catalog() {
  static const Catalog kCatalog = load_catalog(test::source_dir() / "data").value();
  return kCatalog;
}

struct Published {
  const char* model;
  const char* config;  // the fields that matter
};

const Published kPublished[] = {
    {"llama-3.2-1b-instruct",
     R"({"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
         "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256,
         "max_position_embeddings": 131072, "tie_word_embeddings": true})"},
    {"llama-3.2-1b-instruct",
     R"({"model_type": "some_vlm", "vision_config": {"hidden_size": 1},
         "text_config": {"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
         "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
         "max_position_embeddings": 131072}})"},
    {"mistral-7b-instruct-v0.3",
     R"({"model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
         "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32768, "sliding_window": null,
         "max_position_embeddings": 32768, "tie_word_embeddings": false})"},
    {"qwen3-30b-a3b",
     R"({"model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 768,
         "num_hidden_layers": 48, "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
         "num_experts": 128, "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [],
         "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 48, "vocab_size": 151936,
         "max_position_embeddings": 40960, "tie_word_embeddings": false})"},
    {"gemma-3-1b-it",
     R"({"model_type": "gemma3_text", "hidden_size": 1152, "intermediate_size": 6912, "num_hidden_layers": 26,
         "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "sliding_window": 512,
         "vocab_size": 262144, "max_position_embeddings": 32768})"},
    {"deepseek-v2-lite-chat",
     R"({"model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
         "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "kv_lora_rank": 512,
         "q_lora_rank": null, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
         "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1,
         "moe_layer_freq": 1, "vocab_size": 102400, "max_position_embeddings": 163840, "tie_word_embeddings": false})"},
    {"gpt-oss-20b",
     R"({"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24,
         "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 32,
         "num_experts_per_tok": 4, "sliding_window": 128, "vocab_size": 201088, "max_position_embeddings": 131072,
         "tie_word_embeddings": false, "layer_types": [
         "sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
         "full_attention", "sliding_attention", "full_attention", "sliding_attention", "full_attention",
         "sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
         "full_attention", "sliding_attention", "full_attention", "sliding_attention", "full_attention",
         "sliding_attention", "full_attention", "sliding_attention", "full_attention"]})"},
    {"qwen3-next-80b-a3b-instruct",
     R"({"model_type": "qwen3_next", "hidden_size": 2048, "intermediate_size": 5120, "moe_intermediate_size": 512,
         "num_hidden_layers": 48, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256,
         "num_experts": 512, "num_experts_per_tok": 10, "shared_expert_intermediate_size": 512,
         "decoder_sparse_step": 1, "mlp_only_layers": [], "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
         "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
         "linear_value_head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 262144,
         "tie_word_embeddings": false})"},
};

void expect_same_state(const CatalogDecoder& is, const CatalogDecoder& wanted) {
  EXPECT_EQ(is.window, wanted.window);
  ASSERT_EQ(is.mla.has_value(), wanted.mla.has_value());
  if (is.mla) {
    EXPECT_EQ(is.mla->kv_rank, wanted.mla->kv_rank);
    EXPECT_EQ(is.mla->rope_dim, wanted.mla->rope_dim);
    EXPECT_EQ(is.mla->nope_dim, wanted.mla->nope_dim);
    EXPECT_EQ(is.mla->value_dim, wanted.mla->value_dim);
  } else {
    EXPECT_EQ(is.attention->kind, wanted.attention->kind);
    EXPECT_EQ(is.attention->kv_heads, wanted.attention->kv_heads);
    EXPECT_EQ(is.attention->key_dim, wanted.attention->key_dim);
    EXPECT_EQ(is.attention->value_dim, wanted.attention->value_dim);
  }
  ASSERT_EQ(is.recurrent.has_value(), wanted.recurrent.has_value());
  if (!is.recurrent) return;
  EXPECT_EQ(is.recurrent->kind, wanted.recurrent->kind);
  EXPECT_EQ(is.recurrent->d_conv, wanted.recurrent->d_conv);
  EXPECT_EQ(is.recurrent->d_inner, wanted.recurrent->d_inner);
  EXPECT_EQ(is.recurrent->d_state, wanted.recurrent->d_state);
  EXPECT_EQ(is.recurrent->n_group, wanted.recurrent->n_group);
  EXPECT_EQ(is.recurrent->n_heads, wanted.recurrent->n_heads);
}

void expect_same_sizes(const CatalogDecoder& is, const CatalogDecoder& wanted) {
  EXPECT_EQ(is.layers, wanted.layers);
  EXPECT_EQ(is.hidden, wanted.hidden);
  EXPECT_EQ(is.vocab, wanted.vocab);
  EXPECT_EQ(is.context_length, wanted.context_length);
  EXPECT_EQ(is.tied_embeddings, wanted.tied_embeddings);
  EXPECT_EQ(is.layer_kinds, wanted.layer_kinds);
  EXPECT_EQ(is.ffn_kinds, wanted.ffn_kinds);
  EXPECT_EQ(is.ffn_gated, wanted.ffn_gated);
  if (is.ffn_kinds.find('D') != std::string::npos) {
    EXPECT_EQ(is.ffn_size, wanted.ffn_size);
  }
  ASSERT_EQ(is.moe.has_value(), wanted.moe.has_value());
  if (!is.moe) return;
  EXPECT_EQ(is.moe->experts, wanted.moe->experts);
  EXPECT_EQ(is.moe->active_experts, wanted.moe->active_experts);
  EXPECT_EQ(is.moe->expert_size, wanted.moe->expert_size);
  EXPECT_EQ(is.moe->shared_size, wanted.moe->shared_size);
}

TEST(HubConfig, published_configurations_give_the_catalogues_dimensions) {
  for (const auto& published : kPublished) {
    SCOPED_TRACE(published.model);
    const auto record = catalog().model(published.model);
    ASSERT_TRUE(record) << record.error().message;
    CatalogModel model;
    const auto applied = apply_hub_config(published.config, model);
    ASSERT_TRUE(applied) << applied.error().message;
    ASSERT_TRUE(model.decoder);
    EXPECT_EQ(model.kind, "llm");
    expect_same_sizes(*model.decoder, *(*record)->decoder);
    expect_same_state(*model.decoder, *(*record)->decoder);
  }
}

TEST(HubConfig, an_encoder_of_the_bert_family_is_an_embedding_model) {
  CatalogModel model;
  ASSERT_TRUE(apply_hub_config(R"({"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6,
      "num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512})",
                               model));
  const auto& wanted = *(*catalog().model("all-minilm-l6-v2"))->encoder;
  ASSERT_TRUE(model.encoder);
  EXPECT_FALSE(model.decoder);
  EXPECT_EQ(model.encoder->layers, wanted.layers);
  EXPECT_EQ(model.encoder->hidden, wanted.hidden);
  EXPECT_EQ(model.encoder->heads, wanted.heads);
  EXPECT_EQ(model.encoder->ffn, wanted.ffn);
  EXPECT_EQ(model.encoder->positions, wanted.positions);
}

TEST(HubConfig, older_spellings_and_one_key_head_are_read) {
  CatalogModel gpt2;
  ASSERT_TRUE(apply_hub_config(
      R"({"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "vocab_size": 50257})",
      gpt2));
  EXPECT_EQ(gpt2.decoder->ffn_size, 3072U);
  EXPECT_FALSE(gpt2.decoder->ffn_gated);
  EXPECT_EQ(gpt2.decoder->attention->kind, "mha");
  CatalogModel falcon;
  ASSERT_TRUE(apply_hub_config(R"({"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32,
      "num_attention_heads": 71, "multi_query": true, "vocab_size": 65024})",
                               falcon));
  EXPECT_EQ(falcon.decoder->attention->kind, "mqa");
  EXPECT_EQ(falcon.decoder->attention->key_dim, 64U);
}

TEST(HubConfig, what_the_file_does_not_tell_is_refused_and_nothing_set) {
  const std::pair<const char*, ErrorCode> cases[] = {
      {"", ErrorCode::kInvalidData},
      {"[1]", ErrorCode::kInvalidData},
      {"{}", ErrorCode::kUnsupported},
      {R"({"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12})",
       ErrorCode::kUnsupported},
      {R"({"model_type": "t5", "is_encoder_decoder": true})", ErrorCode::kUnsupported},
      {R"({"model_type": "mamba2", "hidden_size": 768, "num_hidden_layers": 12, "num_heads": 12, "vocab_size": 9,
           "state_size": 128})",
       ErrorCode::kUnsupported},
      {R"({"hidden_size": 768, "num_hidden_layers": 99999999, "num_attention_heads": 12, "vocab_size": 9})",
       ErrorCode::kInvalidData},
      {R"({"hidden_size": 99999999999999, "num_hidden_layers": 2, "num_attention_heads": 12, "vocab_size": 9})",
       ErrorCode::kInvalidData},
      {R"({"hidden_size": -1, "num_hidden_layers": "2", "num_attention_heads": 1.5, "vocab_size": null})",
       ErrorCode::kUnsupported}};
  for (const auto& [config, code] : cases) {
    CatalogModel model;
    const auto applied = apply_hub_config(config, model);
    ASSERT_FALSE(applied) << config;
    EXPECT_EQ(applied.error().code, code) << config << applied.error().message;
    EXPECT_FALSE(model.decoder || model.encoder) << config;
  }
}

TEST(HubConfig, quantised_weights_are_named_as_the_catalogue_does) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"quant_method": "awq", "bits": 4})", "AWQ"},
      {R"({"quant_method": "gptq"})", "GPTQ"},
      {R"({"quant_method": "fp8"})", "FP8_E4M3"},
      {R"({"quant_method": "mxfp4"})", "MXFP4"},
      {R"({"quant_method": "bitsandbytes", "load_in_4bit": true})", "BNB_NF4"},
      {R"({"quant_method": "bitsandbytes", "load_in_8bit": true})", "INT8"}};
  for (const auto& [quantisation, precision] : cases) {
    const std::string config = std::string(R"({"quantization_config": )") + quantisation + "}";
    EXPECT_EQ(precision_of_hub_config(config), precision);
    EXPECT_TRUE(catalog().precision(precision)) << precision;
  }
  EXPECT_EQ(precision_of_hub_config("{}"), "");
}

}  // namespace
}  // namespace hearth
