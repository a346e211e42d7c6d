#include "metadata.h"

namespace hearth::make_gguf {
namespace {

void write_experts(KeyWriter& keys, const ModelShape& s) {
  keys.number("expert_count", s.n_expert);
  keys.number("expert_used_count", s.n_expert_used);
  keys.number("expert_feed_forward_length", s.n_ff_expert);
  if (s.n_expert_shared == 0) return;
  keys.number("expert_shared_count", s.n_expert_shared);
  keys.number("leading_dense_block_count", s.n_dense_layer);
  keys.real("expert_weights_scale", 1.0F);
  keys.flag("expert_weights_norm", false);
  keys.number("expert_gating_func", 1);  // softmax
}

// The cache holds the latent and one rotary key; the _mla lengths are those of the decompressed heads.
void write_latent(KeyWriter& keys, const ModelShape& s) {
  keys.number("attention.kv_lora_rank", s.kv_lora_rank);
  if (s.q_lora_rank > 0) keys.number("attention.q_lora_rank", s.q_lora_rank);
  keys.number("attention.key_length", s.kv_lora_rank + s.head_dim_rope);
  keys.number("attention.value_length", s.kv_lora_rank);
  keys.number("attention.key_length_mla", s.head_dim);
  keys.number("attention.value_length_mla", s.head_dim_v);
  keys.number("rope.dimension_count", s.head_dim_rope);
  // Source: DeepSeek-V2-Lite config.json, rope_scaling (factor 40 over 4096, mscale 0.707).
  keys.text("rope.scaling.type", "yarn");
  keys.real("rope.scaling.factor", 40.0F);
  keys.number("rope.scaling.original_context_length", 4096);
  keys.real("rope.scaling.yarn_log_multiplier", 0.0707F);
}

void write_attention(KeyWriter& keys, const ModelShape& s) {
  keys.number("attention.key_length", s.head_dim);
  keys.number("attention.value_length", s.head_dim);
  keys.number("rope.dimension_count", s.head_dim);
}

// Source of the four scales: config.json of granite-4.0-h-350m. No positions: rope.scaling.finetuned is the switch.
void write_granite(KeyWriter& keys, const ModelShape& s) {
  std::vector<std::int32_t> heads_kv;
  for (std::uint32_t layer = 0; layer < s.n_layer; ++layer)
    heads_kv.push_back(is_recurrent(s, layer) ? 0 : static_cast<std::int32_t>(s.n_head_kv));
  keys.numbers("attention.head_count_kv", heads_kv);
  keys.number("ssm.conv_kernel", s.ssm_conv);
  keys.number("ssm.inner_size", s.ssm_n_head * s.ssm_head_dim);
  keys.number("ssm.state_size", s.ssm_state);
  keys.number("ssm.time_step_rank", s.ssm_n_head);
  keys.number("ssm.group_count", s.ssm_group);
  keys.real("embedding_scale", 12.0F);
  keys.real("residual_scale", 0.246F);
  keys.real("attention.scale", 0.015625F);
  keys.real("logit_scale", 3.0F);
  keys.flag("rope.scaling.finetuned", false);
}

}  // namespace

void write_metadata(gguf_context* out, const ModelShape& s) {
  const std::string arch(architecture(s.family));
  gguf_set_val_str(out, "general.architecture", arch.c_str());
  gguf_set_val_str(out, "general.type", "model");
  gguf_set_val_str(out, "general.name", (std::string(s.name) + " with random weights").c_str());
  gguf_set_val_str(out, "general.description", "random weights: for memory and speed work, its answers mean nothing");
  KeyWriter keys(out, arch);
  keys.number("vocab_size", s.n_vocab);
  keys.number("context_length", s.context_length);
  keys.number("embedding_length", s.n_embd);
  keys.number("block_count", s.n_layer);
  keys.number("feed_forward_length", s.n_ff);
  keys.number("attention.head_count", s.n_head);
  keys.number("attention.head_count_kv", s.n_head_kv);
  keys.real("attention.layer_norm_rms_epsilon", s.norm_epsilon);
  keys.real("rope.freq_base", s.rope_base);
  if (s.n_expert > 0) write_experts(keys, s);
  if (s.kv_lora_rank > 0) {
    write_latent(keys, s);
  } else {
    write_attention(keys, s);
  }
  if (s.window > 0) {
    keys.number("attention.sliding_window", s.window);
    keys.number("attention.sliding_window_pattern", s.window_period);
    keys.real("rope.freq_base_swa", 10000.0F);  // Source: gemma-3 config.json, rope_local_base_freq
  }
  if (s.family == Family::kGraniteHybrid) write_granite(keys, s);
}

}  // namespace hearth::make_gguf
