// The dimensions of a decoder that decide its memory, from a GGUF's metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/gguf.h"

namespace hearth {

// Multi-head latent attention: what is cached per token and layer is the compressed latent and one rotary key.
struct GgufLatentAttention {
  std::uint64_t kv_lora_rank = 0;
  std::uint64_t q_lora_rank = 0;  // 0: queries are not compressed
  std::uint64_t head_dim_k = 0;   // of the decompressed heads
  std::uint64_t head_dim_v = 0;
};

// Recurrent state of Mamba-like layers (and of delta-net layers, which reuse these fields).
struct GgufRecurrence {
  std::uint64_t conv_kernel = 0;
  std::uint64_t inner_size = 0;
  std::uint64_t state_size = 0;
  std::uint64_t time_step_rank = 0;  // Mamba-2: number of heads
  std::uint64_t group_count = 0;
};

// RWKV, short convolutions and linear attention name their state by other keys.
struct GgufOtherState {
  std::uint64_t wkv_head_size = 0;
  std::uint64_t token_shift_count = 0;
  std::uint64_t shortconv_cache = 0;
  std::uint64_t kda_head_dim = 0;
};

struct GgufRope {
  std::uint64_t dimension_count = 0;
  double freq_base = 0;         // 0: the file gives none
  double freq_base_window = 0;  // of sliding-window layers
  std::string scaling_type;     // "", "linear", "yarn", "longrope", ...
  double scaling_factor = 0;
  std::uint64_t original_context = 0;
};

struct GgufExperts {
  std::uint64_t count = 0;  // 0: dense
  std::uint64_t used = 0;   // per token
  std::uint64_t shared = 0;
  std::uint64_t feed_forward = 0;  // of one expert
  std::uint64_t shared_feed_forward = 0;
  std::uint64_t leading_dense_layers = 0;
};

// Sliding-window attention. `layer_is_windowed` is given by files that list their layers; files with a period give
// `period` (every period-th layer is full); 0 and empty: the file leaves it to the runtime's default for the
// architecture.
struct GgufWindow {
  std::uint64_t tokens = 0;  // 0: no window
  std::uint64_t period = 0;
  std::vector<bool> layer_is_windowed;
  std::uint64_t head_dim_k = 0;  // 0: as in full layers
  std::uint64_t head_dim_v = 0;
  std::uint64_t shared_kv_layers = 0;  // layers at the end that reuse an earlier layer's cache
};

// A value. Per-layer vectors have exactly n_layer entries.
struct GgufModelShape {
  std::string architecture;
  std::uint64_t n_layer = 0;             // with the layers of multi-token prediction, if any
  std::uint64_t n_prediction_layer = 0;  // those of n_layer that only predict further tokens
  std::uint64_t n_embd = 0;
  std::uint64_t n_vocab = 0;
  std::uint64_t context_length = 0;  // as trained
  std::vector<std::uint64_t> n_head;
  std::vector<std::uint64_t> n_head_kv;  // 0 in layers without attention
  std::vector<std::uint64_t> n_ff;
  std::uint64_t head_dim_k = 0;
  std::uint64_t head_dim_v = 0;
  std::uint64_t full_attention_interval = 0;    // hybrids where every n-th layer is full attention; 0: not told so
  std::vector<std::uint64_t> recurrent_layers;  // hybrids that list them; empty: not told so
  GgufWindow window;
  GgufRope rope;
  GgufExperts experts;
  std::optional<GgufLatentAttention> latent;
  std::optional<GgufRecurrence> recurrence;
  GgufOtherState other_state;
};

// InvalidData when a dimension is absent that no decoder can do without, or when one contradicts another (heads don't
// divide the width, a per-layer list has the wrong length, more experts used than there are). An architecture that
// nobody knows is no error here: the names of its keys follow from the architecture's name.
// Source: gguf.md (keys by architecture) and llama.cpp 0.5.0 llama-arch.cpp, llama-model.cpp (defaults).
Result<GgufModelShape> read_model_shape(const GgufFile& file);

}  // namespace hearth
