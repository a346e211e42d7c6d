#include "tensors.h"

namespace hearth::make_gguf {
namespace {

// Collects the tensors of one model, layer by layer.
class TensorList {
 public:
  explicit TensorList(const ModelShape& shape) : s_(shape) {}

  std::vector<TensorSpec> build() {
    global("token_embd.weight", {s_.n_embd, s_.n_vocab});
    global("output_norm.weight", {s_.n_embd}, Fill::kNorm);
    if (!s_.tied_embeddings) global("output.weight", {s_.n_embd, s_.n_vocab});
    if (s_.family == Family::kLlama) global("rope_freqs.weight", {s_.head_dim / 2}, Fill::kRopeFactors);
    for (layer_ = 0; layer_ < s_.n_layer; ++layer_) add_layer();
    return std::move(tensors_);
  }

 private:
  void global(const std::string& name, std::vector<std::int64_t> dims, Fill fill = Fill::kWeights) {
    tensors_.push_back({name, std::move(dims), fill});
  }
  void add(const std::string& name, std::vector<std::int64_t> dims, Fill fill = Fill::kWeights) {
    global("blk." + std::to_string(layer_) + "." + name, std::move(dims), fill);
  }

  void add_layer() {
    add("attn_norm.weight", {s_.n_embd}, Fill::kNorm);
    if (is_recurrent(s_, layer_)) {
      add_recurrence();
    } else if (s_.kv_lora_rank > 0) {
      add_latent_attention();
    } else {
      add_attention();
    }
    add("ffn_norm.weight", {s_.n_embd}, Fill::kNorm);
    if (s_.n_expert > 0 && layer_ >= s_.n_dense_layer) {
      add_experts();
    } else {
      add_feed_forward("", s_.n_ff);
    }
    if (s_.family == Family::kGemma3) {
      add("post_attention_norm.weight", {s_.n_embd}, Fill::kNorm);
      add("post_ffw_norm.weight", {s_.n_embd}, Fill::kNorm);
    }
  }

  void add_attention() {
    const std::int64_t n_q = s_.n_head * s_.head_dim;
    const std::int64_t n_kv = s_.n_head_kv * s_.head_dim;
    add("attn_q.weight", {s_.n_embd, n_q});
    add("attn_k.weight", {s_.n_embd, n_kv});
    add("attn_v.weight", {s_.n_embd, n_kv});
    add("attn_output.weight", {n_q, s_.n_embd});
    if (s_.family == Family::kQwen2) {
      add("attn_q.bias", {n_q}, Fill::kBias);
      add("attn_k.bias", {n_kv}, Fill::kBias);
      add("attn_v.bias", {n_kv}, Fill::kBias);
    }
    if (s_.family == Family::kGemma3 || s_.family == Family::kQwen3Moe) {
      add("attn_q_norm.weight", {s_.head_dim}, Fill::kNorm);
      add("attn_k_norm.weight", {s_.head_dim}, Fill::kNorm);
    }
  }

  void add_latent_attention() {
    const std::int64_t n_q = s_.n_head * s_.head_dim;
    const std::int64_t head_dim_plain = s_.head_dim - s_.head_dim_rope;
    if (s_.q_lora_rank > 0) {
      add("attn_q_a.weight", {s_.n_embd, s_.q_lora_rank});
      add("attn_q_a_norm.weight", {s_.q_lora_rank}, Fill::kNorm);
      add("attn_q_b.weight", {s_.q_lora_rank, n_q});
    } else {
      add("attn_q.weight", {s_.n_embd, n_q});
    }
    add("attn_kv_a_mqa.weight", {s_.n_embd, s_.kv_lora_rank + s_.head_dim_rope});
    add("attn_kv_a_norm.weight", {s_.kv_lora_rank}, Fill::kNorm);
    add("attn_k_b.weight", {head_dim_plain, s_.kv_lora_rank, s_.n_head});
    add("attn_v_b.weight", {s_.kv_lora_rank, s_.head_dim_v, s_.n_head});
    add("attn_output.weight", {s_.n_head * s_.head_dim_v, s_.n_embd});
  }

  void add_recurrence() {
    const std::int64_t inner = s_.ssm_n_head * s_.ssm_head_dim;
    const std::int64_t states = 2 * s_.ssm_group * s_.ssm_state;
    add("ssm_in.weight", {s_.n_embd, 2 * inner + states + s_.ssm_n_head});
    add("ssm_conv1d.weight", {s_.ssm_conv, inner + states}, Fill::kConvolution);
    add("ssm_conv1d.bias", {inner + states}, Fill::kBias);
    add("ssm_dt.bias", {s_.ssm_n_head}, Fill::kTimeStep);
    add("ssm_a", {1, s_.ssm_n_head}, Fill::kDecay);
    add("ssm_d", {1, s_.ssm_n_head}, Fill::kOnes);
    add("ssm_norm.weight", {inner / s_.ssm_group, s_.ssm_group}, Fill::kNorm);
    add("ssm_out.weight", {inner, s_.n_embd});
  }

  void add_feed_forward(const std::string& suffix, std::int64_t width) {
    add("ffn_gate" + suffix + ".weight", {s_.n_embd, width});
    add("ffn_up" + suffix + ".weight", {s_.n_embd, width});
    add("ffn_down" + suffix + ".weight", {width, s_.n_embd});
  }

  void add_experts() {
    add("ffn_gate_inp.weight", {s_.n_embd, s_.n_expert});
    add("ffn_gate_exps.weight", {s_.n_embd, s_.n_ff_expert, s_.n_expert});
    add("ffn_up_exps.weight", {s_.n_embd, s_.n_ff_expert, s_.n_expert});
    add("ffn_down_exps.weight", {s_.n_ff_expert, s_.n_embd, s_.n_expert});
    if (s_.n_expert_shared > 0) add_feed_forward("_shexp", s_.n_ff_expert * s_.n_expert_shared);
  }

  const ModelShape& s_;
  std::uint32_t layer_ = 0;
  std::vector<TensorSpec> tensors_;
};

}  // namespace

std::vector<TensorSpec> list_tensors(const ModelShape& shape) { return TensorList(shape).build(); }

}  // namespace hearth::make_gguf
