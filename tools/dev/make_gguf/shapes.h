// The dimensions of the models that make_gguf can write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::make_gguf {

// The tensors and metadata keys a model has follow from its family.
enum class Family { kLlama, kQwen2, kGemma3, kQwen3Moe, kDeepseek2, kGraniteHybrid };

// Zero where a family has no such dimension.
struct ModelShape {
  std::string_view name;
  std::string_view source;  // where the dimensions were published; "" for our own
  Family family = Family::kLlama;
  std::uint32_t n_vocab = 0;
  std::uint32_t context_length = 0;
  std::uint32_t n_embd = 0;
  std::uint32_t n_layer = 0;
  std::uint32_t n_head = 0;
  std::uint32_t n_head_kv = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t n_ff = 0;
  float rope_base = 10000.0F;
  float norm_epsilon = 1e-5F;
  bool tied_embeddings = true;

  std::uint32_t window = 0;         // tokens a windowed layer sees
  std::uint32_t window_period = 0;  // every n-th layer is full

  std::uint32_t n_expert = 0;
  std::uint32_t n_expert_used = 0;
  std::uint32_t n_expert_shared = 0;
  std::uint32_t n_ff_expert = 0;
  std::uint32_t n_dense_layer = 0;  // leading layers without experts

  std::uint32_t kv_lora_rank = 0;
  std::uint32_t q_lora_rank = 0;
  std::uint32_t head_dim_rope = 0;  // part of a latent head that carries the position
  std::uint32_t head_dim_v = 0;

  std::uint32_t ssm_head_dim = 0;
  std::uint32_t ssm_n_head = 0;
  std::uint32_t ssm_state = 0;
  std::uint32_t ssm_conv = 0;
  std::uint32_t ssm_group = 0;
  std::vector<std::uint32_t> attention_layers;  // the others are recurrent
};

// Every shape, by name.
[[nodiscard]] const std::vector<ModelShape>& model_shapes();
// Null when there is none of this name.
[[nodiscard]] const ModelShape* find_shape(std::string_view name);

// The same family at a few million parameters: loads in milliseconds, for tests. Rows stay multiples of 256, so that
// every quantisation applies. The vocabulary is cut to 512.
[[nodiscard]] ModelShape tiny(const ModelShape& shape);

// The architecture's name in files: "llama", "qwen2", ...
[[nodiscard]] std::string_view architecture(Family family);

[[nodiscard]] bool is_recurrent(const ModelShape& shape, std::uint32_t layer);

}  // namespace hearth::make_gguf
