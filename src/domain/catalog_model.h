// An open-weight model: the dimensions that make its memory countable, its licence and its published quality.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

// Heads of one kind of attention layer. Cached per token and layer: kv_heads * (key_dim + value_dim) values.
struct CatalogHeads {
  std::uint64_t kv_heads = 0;
  std::uint64_t key_dim = 0;
  std::uint64_t value_dim = 0;
  bool shared_key_value = false;  // values have no weights of their own (they are cached all the same)
};

struct CatalogAttention : CatalogHeads {
  std::string kind;  // "mha", "gqa", "mqa", "mla"
  std::uint64_t heads = 0;
  bool cross_attention = false;      // every layer also attends to an encoder
  std::optional<CatalogHeads> full;  // full-attention layers where they differ from windowed ones
};

// Multi-head latent attention. Cached per token and layer: kv_rank + rope_dim values.
struct CatalogLatent {
  std::optional<std::uint64_t> q_rank;
  std::uint64_t kv_rank = 0, nope_dim = 0, rope_dim = 0, value_dim = 0;
};

struct CatalogExperts {
  std::uint64_t experts = 0, active_experts = 0, expert_size = 0, shared_size = 0;
  bool gated = true;
};

struct CatalogRecurrence {
  std::string kind;  // "mamba1", "mamba2", "short_conv", "gated_delta", "rwkv7"
  std::uint64_t d_conv = 0, d_inner = 0, d_state = 0, n_group = 0, n_heads = 0, dt_rank = 0;
};

struct CatalogRope {
  double theta = 0;
  std::optional<double> theta_window;
  std::optional<std::uint64_t> dims;
  std::string scaling_kind;  // empty: none
  double scaling_factor = 0;
  std::uint64_t original_context = 0;
};

struct CatalogExtraParameters {
  std::string what;
  std::uint64_t count = 0;
  bool optional = false;  // runtimes run without them
};

// layer_kinds: F full attention, W windowed, f / w the same reading an earlier layer's cache, R recurrent, P full
// attention and recurrent side by side, X cross-attention to another input, N neither. ffn_kinds: D dense, E experts, B
// both, N none.
struct CatalogDecoder {
  std::uint64_t layers = 0, hidden = 0, vocab = 0, context_length = 0;
  bool tied_embeddings = false;
  std::string layer_kinds;  // one letter a layer
  std::string ffn_kinds;    // one letter a layer
  std::optional<CatalogAttention> attention;
  std::optional<CatalogLatent> mla;
  std::optional<std::uint64_t> window;
  bool window_chunked = false;                 // blocks instead of a sliding window
  std::vector<std::string> window_ignored_by;  // runtimes that keep every position all the same
  std::uint64_t ffn_size = 0;                  // 0: no dense feed-forward
  std::vector<std::uint64_t> ffn_sizes;        // per layer where they differ
  bool ffn_gated = true;
  std::optional<CatalogExperts> moe;
  std::optional<CatalogRecurrence> recurrent;
  std::optional<CatalogRope> rope;
  std::vector<CatalogExtraParameters> extra_parameters;
};

struct CatalogEncoder {
  std::string kind;
  std::uint64_t layers = 0, hidden = 0, heads = 0, ffn = 0;
  std::optional<std::uint64_t> vocab, positions, context_length, n_mels, window, full_every, parameters;
};

struct CatalogVision {
  std::string kind;
  std::optional<std::uint64_t> layers, hidden, heads, ffn, patch, tokens_per_image;
  std::uint64_t image_size = 0;
  std::uint64_t parameters = 0;  // without projector
  std::uint64_t projector_parameters = 0;
  std::uint64_t other_tower_parameters = 0;
};

struct CatalogGraph {
  std::vector<std::uint64_t> input;
  std::optional<double> gflops;
  bool one_flop_per_multiply_add = false;
  std::optional<std::uint64_t> classes;
  std::string dataset;
  bool needs_nms = false;
};

struct CatalogAudio {
  int sample_rate_hz = 0;
  std::optional<int> n_mels, voices;
  std::optional<double> frame_ms, hop_ms, chunk_ms;
  bool streaming = false;
};

struct CatalogEmbedding {
  std::uint64_t dimension = 0;
  std::string pooling;
  bool truncatable = false;
};

struct CatalogLicence {
  std::string spdx;
  std::string commercial;  // "yes", "conditional", "no"
  std::string note;
};

struct CatalogModelFile {
  std::string format, precision, source;
  std::uint64_t bytes = 0;
  bool rounded = false;
};

struct CatalogQuality {
  std::string benchmark, source;
  double score = 0;
};

struct CatalogModel : CatalogRecord {
  std::string family, publisher;
  std::vector<std::string> hub;
  std::vector<std::string> companions;  // models it can't do its task without: a vocoder
  std::string kind;                     // "llm", "vlm", "stt", "detection", ...
  std::string structure;                // "dense", "moe", "hybrid", ...
  std::string architecture;             // llama.cpp's name where it has one
  std::vector<std::string> tasks, inputs, outputs, languages;
  std::uint64_t parameters_total = 0;
  std::optional<std::uint64_t> parameters_active;  // read for one token; absent where there are no experts
  std::string parameters_provenance;
  std::optional<CatalogDecoder> decoder;
  std::optional<CatalogEncoder> encoder;
  std::optional<CatalogVision> vision;
  std::optional<CatalogEncoder> text_tower;
  std::optional<CatalogGraph> graph;
  std::optional<CatalogAudio> audio;
  std::optional<CatalogEmbedding> embedding;
  CatalogLicence licence;
  std::vector<std::string> formats;
  std::vector<CatalogModelFile> files;
  std::vector<CatalogQuality> quality;
};

}  // namespace hearth
