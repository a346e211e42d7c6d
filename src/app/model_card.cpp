#include "app/model_card.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "formats/gguf_shape.h"

namespace hearth {
namespace {

// Source: llama.cpp 0.5, llama.h, enum llama_ftype (general.file_type in files).
struct FileType {
  std::uint64_t id;
  const char* precision;
};
constexpr FileType kFileTypes[] = {
    {0, "F32"},     {1, "F16"},     {2, "Q4_0"},     {3, "Q4_1"},    {7, "Q8_0"},    {8, "Q5_0"},    {9, "Q5_1"},
    {10, "Q2_K"},   {11, "Q3_K_S"}, {12, "Q3_K_M"},  {13, "Q3_K_L"}, {14, "Q4_K_S"}, {15, "Q4_K_M"}, {16, "Q5_K_S"},
    {17, "Q5_K_M"}, {18, "Q6_K"},   {19, "IQ2_XXS"}, {20, "IQ2_XS"}, {21, "Q2_K_S"}, {22, "IQ3_XS"}, {23, "IQ3_XXS"},
    {24, "IQ1_S"},  {25, "IQ4_NL"}, {26, "IQ3_S"},   {27, "IQ3_M"},  {28, "IQ2_S"},  {29, "IQ2_M"},  {30, "IQ4_XS"},
    {31, "IQ1_M"},  {32, "BF16"},   {36, "TQ1_0"},   {37, "TQ2_0"},  {38, "MXFP4"},
};

// Windowed layers where the file names a window but no pattern: every n-th layer is full (the last of a period, or the
// first). Source: llama.cpp 0.5, src/models, set_swa_pattern.
struct WindowDefault {
  const char* architecture;
  std::uint64_t period;
};
constexpr WindowDefault kWindowDefaults[] = {{"gemma2", 2},  {"gemma3", 6}, {"gemma3n", 5}, {"gpt-oss", 2},
                                             {"cohere2", 4}, {"olmo2", 4},  {"exaone4", 4}, {"llama4", 4}};

std::uint64_t data_bytes(const GgufFile& file) {
  std::uint64_t end = 0;
  for (const auto& tensor : file.tensors) end = std::max(end, tensor.data_offset + tensor.size_bytes);
  return end;
}

bool has_tensor(const GgufFile& file, std::uint64_t layer, const char* name) {
  return file.find_tensor("blk." + std::to_string(layer) + "." + name) != nullptr;
}

// Builds the decoder's part of a record, step by step.
class DecoderCard {
 public:
  DecoderCard(const GgufFile& file, const GgufModelShape& shape) : file_(file), s_(shape) {}

  CatalogDecoder build() {
    d_.layers = s_.n_layer - s_.n_prediction_layer;
    d_.hidden = s_.n_embd;
    d_.vocab = s_.n_vocab;
    d_.context_length = s_.context_length;
    d_.tied_embeddings = file_.find_tensor("output.weight") == nullptr;
    add_attention();
    add_recurrence();
    add_feed_forward();
    if (s_.window.tokens > 0) d_.window = s_.window.tokens;
    d_.window_chunked = s_.architecture == "llama4";
    for (std::uint64_t layer = 0; layer < d_.layers; ++layer) {
      d_.layer_kinds += layer_kind(layer);
      d_.ffn_kinds += ffn_kind(layer);
    }
    if (d_.layer_kinds.find_first_of("Ww") == std::string::npos) d_.window.reset();
    return std::move(d_);
  }

 private:
  void add_attention() {
    const std::uint64_t heads = s_.n_head.empty() ? 0 : *std::max_element(s_.n_head.begin(), s_.n_head.end());
    if (heads == 0) return;
    CatalogAttention a;
    a.heads = heads;
    a.kv_heads = *std::max_element(s_.n_head_kv.begin(), s_.n_head_kv.end());
    a.key_dim = s_.head_dim_k;
    a.value_dim = s_.head_dim_v;
    a.kind = a.kv_heads == heads ? "mha" : a.kv_heads == 1 ? "mqa" : "gqa";
    if (s_.window.head_dim_k > 0) {  // the windowed layers are the ones that differ
      a.full = CatalogHeads{a.kv_heads, a.key_dim, a.value_dim, false};
      a.key_dim = s_.window.head_dim_k;
      a.value_dim = s_.window.head_dim_v > 0 ? s_.window.head_dim_v : a.value_dim;
    }
    // Files without the decompressed lengths are older: their cache holds whole heads.
    if (s_.latent && s_.latent->head_dim_k > 0) {
      a.kind = "mla";
      CatalogLatent m;
      m.kv_rank = s_.latent->kv_lora_rank;
      if (s_.latent->q_lora_rank > 0) m.q_rank = s_.latent->q_lora_rank;
      m.rope_dim = s_.head_dim_k > m.kv_rank ? s_.head_dim_k - m.kv_rank : s_.rope.dimension_count;
      m.nope_dim = s_.latent->head_dim_k > m.rope_dim ? s_.latent->head_dim_k - m.rope_dim : 0;
      m.value_dim = s_.latent->head_dim_v;
      d_.mla = m;
    }
    d_.attention = a;
  }

  void add_recurrence() {
    CatalogRecurrence r;
    if (s_.recurrence) {
      r.d_conv = s_.recurrence->conv_kernel;
      r.d_inner = s_.recurrence->inner_size;
      r.d_state = s_.recurrence->state_size;
      r.n_group = s_.recurrence->group_count;
      r.n_heads = s_.recurrence->time_step_rank;
      const bool delta = s_.architecture.starts_with("qwen3next") || s_.architecture.starts_with("qwen35");
      r.kind = delta ? "gated_delta" : r.n_group > 0 ? "mamba2" : "mamba1";
      if (r.kind == "mamba1") r.dt_rank = s_.recurrence->time_step_rank;
    } else if (s_.other_state.shortconv_cache > 0) {
      r.kind = "short_conv";
      r.d_conv = s_.other_state.shortconv_cache;
      r.d_inner = s_.n_embd;
    } else if (s_.other_state.wkv_head_size > 0) {
      r.kind = "rwkv7";
      r.d_inner = s_.n_embd;
      r.d_state = s_.other_state.wkv_head_size;
      r.n_heads = s_.n_embd / r.d_state;
    } else {
      return;
    }
    d_.recurrent = r;
  }

  void add_feed_forward() {
    d_.ffn_gated = has_tensor(file_, 0, "ffn_gate.weight") || has_tensor(file_, 0, "ffn_gate_exps.weight") ||
                   has_tensor(file_, d_.layers / 2, "ffn_gate.weight") || joins_gate_and_up();
    if (!s_.n_ff.empty()) d_.ffn_size = *std::max_element(s_.n_ff.begin(), s_.n_ff.end());
    if (std::any_of(s_.n_ff.begin(), s_.n_ff.end(), [&](std::uint64_t n) { return n != d_.ffn_size; }))
      d_.ffn_sizes.assign(s_.n_ff.begin(), s_.n_ff.begin() + static_cast<std::ptrdiff_t>(d_.layers));
    if (s_.experts.count == 0) return;
    CatalogExperts moe;
    moe.experts = s_.experts.count;
    moe.active_experts = s_.experts.used;
    moe.expert_size = s_.experts.feed_forward > 0 ? s_.experts.feed_forward : d_.ffn_size;
    moe.shared_size =
        s_.experts.shared_feed_forward > 0 ? s_.experts.shared_feed_forward : s_.experts.shared * moe.expert_size;
    for (std::uint64_t i = 0; i < d_.layers; ++i) moe.gated = moe.gated || has_tensor(file_, i, "ffn_gate_exps.weight");
    d_.moe = moe;
  }

  bool joins_gate_and_up() const {
    const auto* up = file_.find_tensor("blk.0.ffn_up.weight");
    return up != nullptr && !s_.n_ff.empty() && up->dims[1] == 2 * s_.n_ff.front();
  }

  bool is_windowed(std::uint64_t layer) const {
    const GgufWindow& w = s_.window;
    if (w.tokens == 0) return false;
    if (!w.layer_is_windowed.empty()) return w.layer_is_windowed[layer];
    std::uint64_t period = w.period;
    for (const auto& known : kWindowDefaults)
      if (period == 0 && s_.architecture == known.architecture) period = known.period;
    return period > 0 && layer % period != period - 1;
  }

  char layer_kind(std::uint64_t layer) const {
    const bool attends = d_.attention && layer < s_.n_head_kv.size() && s_.n_head_kv[layer] > 0;
    const bool recurs = d_.recurrent && (has_tensor(file_, layer, "ssm_out.weight") ||
                                         has_tensor(file_, layer, "shortconv.conv.weight") ||
                                         has_tensor(file_, layer, "time_mix_output.weight"));
    if (recurs) return attends && has_tensor(file_, layer, "attn_output.weight") ? 'P' : 'R';
    if (!attends) return 'N';
    const bool shares = layer + s_.window.shared_kv_layers >= d_.layers && s_.window.shared_kv_layers > 0;
    if (is_windowed(layer)) return shares ? 'w' : 'W';
    return shares ? 'f' : 'F';
  }

  char ffn_kind(std::uint64_t layer) const {
    const bool experts = has_tensor(file_, layer, "ffn_gate_inp.weight");
    const bool dense = has_tensor(file_, layer, "ffn_up.weight");
    if (experts) return dense ? 'B' : 'E';
    return dense ? 'D' : 'N';
  }

  const GgufFile& file_;
  const GgufModelShape& s_;
  CatalogDecoder d_;
};

CatalogModel projector_card(const GgufFile& file) {
  CatalogModel card;
  card.kind = "projector";
  CatalogVision v;
  const auto number = [&](const char* key) { return file.find_uint(std::string("clip.vision.") + key); };
  v.kind = file.find_text("clip.projector_type");
  v.layers = number("block_count");
  v.hidden = number("embedding_length");
  v.heads = number("attention.head_count");
  v.ffn = number("feed_forward_length");
  v.patch = number("patch_size");
  v.image_size = number("image_size").value_or(0);
  for (const auto& tensor : file.tensors)
    (tensor.name.starts_with("mm.") ? v.projector_parameters : v.parameters) += tensor.n_elements;
  card.vision = v;
  card.inputs = {"image"};
  return card;
}

// Kinds that llama.cpp's architectures without a head for tokens are used as.
bool embeds(const GgufFile& file, const std::string& architecture) {
  return architecture.find("bert") != std::string::npos || architecture.find("embedding") != std::string::npos ||
         file.find_uint(architecture + ".pooling_type").value_or(0) > 0;
}

}  // namespace

std::string precision_of_gguf(const GgufFile& file) {
  if (const auto id = file.find_uint("general.file_type"))
    for (const auto& known : kFileTypes)
      if (known.id == *id) return known.precision;
  std::map<std::string_view, std::uint64_t> bytes;
  for (const auto& tensor : file.tensors) bytes[tensor.type->name] += tensor.size_bytes;
  const auto most =
      std::max_element(bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? "" : std::string(most->first);
}

Result<CatalogModel> card_of_gguf(const GgufFile& file) {
  CatalogModel card;
  if (file.architecture() == "clip") {
    card = projector_card(file);
  } else {
    HEARTH_ASSIGN(shape, read_model_shape(file));
    card.decoder = DecoderCard(file, shape).build();
    card.kind = embeds(file, shape.architecture) ? "embedding" : "llm";
    if (card.kind == "embedding") card.embedding = CatalogEmbedding{shape.n_embd, "", false};
    card.structure = card.decoder->recurrent ? "hybrid" : "dense";
    if (card.decoder->moe) {
      card.structure = card.decoder->recurrent ? "hybrid_moe" : "moe";
      const auto& moe = *card.decoder->moe;
      std::uint64_t routed = 0;
      for (const auto& tensor : file.tensors)
        if (tensor.name.find("_exps.") != std::string::npos) routed += tensor.n_elements;
      card.parameters_active = file.n_parameters() - routed + routed / moe.experts * moe.active_experts;
    }
    card.tasks = {card.kind == "embedding" ? "embed" : "chat"};
    card.inputs = {"text"};
    card.outputs = {card.kind == "embedding" ? "vector" : "text"};
  }
  card.id = file.name;
  card.name = file.find_text("general.name");
  if (card.name.empty()) card.name = file.name;
  card.architecture = file.architecture();
  card.parameters_total = file.n_parameters();
  card.parameters_provenance = "counted in the file";
  card.formats = {"gguf"};
  card.files = {{"gguf", precision_of_gguf(file), "the file's own tensor table", data_bytes(file), false}};
  card.licence.spdx = file.find_text("general.license");
  card.source = {file.name};
  return card;
}

void add_projector(CatalogModel& model, const CatalogModel& projector) {
  model.vision = projector.vision;
  model.parameters_total += projector.parameters_total;
  model.kind = "vlm";
  model.inputs.insert(model.inputs.end(), projector.inputs.begin(), projector.inputs.end());
}

}  // namespace hearth
