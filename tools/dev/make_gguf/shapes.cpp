#include "shapes.h"

#include <algorithm>

namespace hearth::make_gguf {
namespace {

constexpr std::uint32_t kTinyVocab = 512;

ModelShape llama_3_2_1b() {
  ModelShape s;
  s.name = "llama-3.2-1b";
  s.source = "config.json of meta-llama/Llama-3.2-1B";
  s.family = Family::kLlama;
  s.n_vocab = 128256, s.context_length = 131072;
  s.n_embd = 2048, s.n_layer = 16, s.n_head = 32, s.n_head_kv = 8, s.head_dim = 64, s.n_ff = 8192;
  s.rope_base = 500000.0F;
  return s;
}

ModelShape qwen2_5_0_5b() {
  ModelShape s;
  s.name = "qwen2.5-0.5b";
  s.source = "config.json of Qwen/Qwen2.5-0.5B";
  s.family = Family::kQwen2;
  s.n_vocab = 151936, s.context_length = 32768;
  s.n_embd = 896, s.n_layer = 24, s.n_head = 14, s.n_head_kv = 2, s.head_dim = 64, s.n_ff = 4864;
  s.rope_base = 1e6F, s.norm_epsilon = 1e-6F;
  return s;
}

ModelShape gemma_3_1b() {
  ModelShape s;
  s.name = "gemma-3-1b";
  s.source = "config.json of google/gemma-3-1b-pt";
  s.family = Family::kGemma3;
  s.n_vocab = 262144, s.context_length = 32768;
  s.n_embd = 1152, s.n_layer = 26, s.n_head = 4, s.n_head_kv = 1, s.head_dim = 256, s.n_ff = 6912;
  s.rope_base = 1e6F, s.norm_epsilon = 1e-6F;
  s.window = 512, s.window_period = 6;
  return s;
}

ModelShape qwen3_30b_a3b() {
  ModelShape s;
  s.name = "qwen3-30b-a3b";
  s.source = "config.json of Qwen/Qwen3-30B-A3B";
  s.family = Family::kQwen3Moe;
  s.n_vocab = 151936, s.context_length = 40960;
  s.n_embd = 2048, s.n_layer = 48, s.n_head = 32, s.n_head_kv = 4, s.head_dim = 128, s.n_ff = 6144;
  s.rope_base = 1e6F, s.norm_epsilon = 1e-6F, s.tied_embeddings = false;
  s.n_expert = 128, s.n_expert_used = 8, s.n_ff_expert = 768;
  return s;
}

ModelShape qwen3moe_small() {
  ModelShape s = qwen3_30b_a3b();
  s.name = "qwen3moe-small", s.source = "";
  s.n_embd = 1024, s.n_layer = 12, s.n_head = 16, s.n_expert = 16, s.n_expert_used = 4;
  return s;
}

ModelShape deepseek_v2_lite() {
  ModelShape s;
  s.name = "deepseek-v2-lite";
  s.source = "config.json of deepseek-ai/DeepSeek-V2-Lite";
  s.family = Family::kDeepseek2;
  s.n_vocab = 102400, s.context_length = 163840;
  s.n_embd = 2048, s.n_layer = 27, s.n_head = 16, s.n_head_kv = 1, s.head_dim = 192, s.n_ff = 10944;
  s.norm_epsilon = 1e-6F, s.tied_embeddings = false;
  s.n_expert = 64, s.n_expert_used = 6, s.n_expert_shared = 2, s.n_ff_expert = 1408, s.n_dense_layer = 1;
  s.kv_lora_rank = 512, s.head_dim_rope = 64, s.head_dim_v = 128;
  return s;
}

ModelShape deepseek2_small() {
  ModelShape s = deepseek_v2_lite();
  s.name = "deepseek2-small", s.source = "";
  s.n_embd = 1024, s.n_layer = 12, s.n_head = 8, s.n_ff = 4096, s.q_lora_rank = 512;
  s.n_expert = 16, s.n_expert_used = 4, s.n_ff_expert = 768;
  return s;
}

ModelShape granite_4_0_h_350m() {
  ModelShape s;
  s.name = "granite-4.0-h-350m";
  s.source = "config.json of ibm-granite/granite-4.0-h-350m";
  s.family = Family::kGraniteHybrid;
  s.n_vocab = 100352, s.context_length = 32768;
  s.n_embd = 768, s.n_layer = 32, s.n_head = 12, s.n_head_kv = 4, s.head_dim = 64, s.n_ff = 2048;
  s.ssm_n_head = 48, s.ssm_head_dim = 32, s.ssm_state = 128, s.ssm_conv = 4, s.ssm_group = 1;
  s.attention_layers = {10, 13, 17, 27};
  return s;
}

}  // namespace

const std::vector<ModelShape>& model_shapes() {
  static const std::vector<ModelShape> kShapes = {llama_3_2_1b(),    qwen2_5_0_5b(),      gemma_3_1b(),
                                                  qwen3_30b_a3b(),   qwen3moe_small(),    deepseek_v2_lite(),
                                                  deepseek2_small(), granite_4_0_h_350m()};
  return kShapes;
}

const ModelShape* find_shape(std::string_view name) {
  const auto& shapes = model_shapes();
  const auto row = std::find_if(shapes.begin(), shapes.end(), [&](const ModelShape& s) { return s.name == name; });
  return row == shapes.end() ? nullptr : &*row;
}

ModelShape tiny(const ModelShape& shape) {
  ModelShape s = shape;
  s.source = "";
  s.n_vocab = std::min(s.n_vocab, kTinyVocab);
  s.context_length = std::min(s.context_length, 4096U);
  s.n_embd = 256;
  s.n_layer = s.family == Family::kGemma3 ? 6 : 4;  // at least one full layer of each window period
  s.n_head = 4;
  s.n_head_kv = std::max(1U, 4 * shape.n_head_kv / shape.n_head);
  s.head_dim = s.family == Family::kDeepseek2 ? 96 : 64;
  s.n_ff = 512;
  if (s.window > 0) s.window = 64;
  if (s.n_expert > 0) s.n_expert = 8, s.n_expert_used = 2, s.n_ff_expert = 256;
  if (s.kv_lora_rank > 0) s.kv_lora_rank = 256, s.q_lora_rank = 256, s.head_dim_rope = 32, s.head_dim_v = 64;
  if (s.ssm_n_head > 0) s.ssm_n_head = 8, s.ssm_head_dim = 64, s.attention_layers = {2};
  return s;
}

std::string_view architecture(Family family) {
  switch (family) {
    case Family::kLlama: return "llama";
    case Family::kQwen2: return "qwen2";
    case Family::kGemma3: return "gemma3";
    case Family::kQwen3Moe: return "qwen3moe";
    case Family::kDeepseek2: return "deepseek2";
    case Family::kGraniteHybrid: return "granitehybrid";
  }
  return "";
}

bool is_recurrent(const ModelShape& shape, std::uint32_t layer) {
  return shape.ssm_n_head > 0 &&
         std::find(shape.attention_layers.begin(), shape.attention_layers.end(), layer) == shape.attention_layers.end();
}

}  // namespace hearth::make_gguf
