#include "formats/hub_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLayersMax = 4096;
constexpr std::uint64_t kSizeMax = 1ULL << 32U;  // of any dimension; keeps products inside 64 bits

// Every n-th layer is full where the file names a window and no list of layers. Source: transformers 4, the default of
// each configuration class.
struct WindowPeriod {
  std::string_view type;
  std::uint64_t period;
};
constexpr std::array<WindowPeriod, 5> kPeriods = {
    {{"gemma2", 2}, {"gemma3", 6}, {"gemma3_text", 6}, {"gemma3n_text", 5}, {"cohere2", 4}}};

// Feed-forwards of two matrices instead of three.
constexpr std::array<std::string_view, 15> kUngated = {
    "gpt2", "gptj", "gpt_neo",    "gpt_neox", "gpt_bigcode",    "opt",      "bloom", "falcon",
    "phi",  "mpt",  "starcoder2", "codegen",  "stablelm_epoch", "nemotron", "arcee"};

class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  // The first of these names that holds a whole number; 0 where none does.
  [[nodiscard]] std::uint64_t number(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (const auto found = object_.find(name); found != object_.end() && found->is_number_unsigned())
        return std::min(found->get<std::uint64_t>(), kSizeMax + 1);
    return 0;
  }
  [[nodiscard]] bool flag(const char* name, bool otherwise) const {
    const auto found = object_.find(name);
    return found != object_.end() && found->is_boolean() ? found->get<bool>() : otherwise;
  }
  [[nodiscard]] std::string text(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() && found->is_string() ? found->get<std::string>() : "";
  }
  [[nodiscard]] std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> out;
    if (const auto found = object_.find(name); found != object_.end() && found->is_array())
      for (const auto& one : *found)
        if (one.is_string()) out.push_back(one.get<std::string>());
    return out;
  }
  [[nodiscard]] bool lists(const char* name, std::uint64_t value) const {
    const auto found = object_.find(name);
    return found != object_.end() && found->is_array() &&
           std::any_of(found->begin(), found->end(),
                       [&](const json& one) { return one.is_number_unsigned() && one.get<std::uint64_t>() == value; });
  }
  [[nodiscard]] bool has(const char* name) const { return object_.contains(name); }

 private:
  const json& object_;
};

// Builds a decoder from the fields, step by step.
class DecoderConfig {
 public:
  explicit DecoderConfig(const json& object) : f_(object), type_(f_.text("model_type")) {}

  Result<CatalogDecoder> build() {
    d_.layers = f_.number({"num_hidden_layers", "n_layer", "num_layers", "n_layers"});
    d_.hidden = f_.number({"hidden_size", "n_embd", "d_model", "dim"});
    d_.vocab = f_.number({"vocab_size", "padded_vocab_size"});
    d_.context_length = f_.number(
        {"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length"});
    d_.tied_embeddings = f_.flag("tie_word_embeddings", true);
    HEARTH_TRY(add_attention());
    add_feed_forward();
    add_experts();
    HEARTH_TRY(add_recurrence());
    const std::uint64_t window = f_.flag("use_sliding_window", true) ? f_.number({"sliding_window"}) : 0;
    if (window > 0) d_.window = window;
    for (std::uint64_t layer = 0; layer < d_.layers; ++layer) {
      d_.layer_kinds += layer_kind(layer);
      d_.ffn_kinds += ffn_kind(layer);
    }
    if (d_.layer_kinds.find_first_of("Ww") == std::string::npos) d_.window.reset();
    if (d_.layer_kinds.find('R') == std::string::npos) d_.recurrent.reset();
    HEARTH_TRY(check_sizes());
    return std::move(d_);
  }

 private:
  Status add_attention() {
    CatalogAttention a;
    a.heads = f_.number({"num_attention_heads", "n_head", "n_heads", "num_heads"});
    if (a.heads == 0 || d_.layers == 0 || d_.hidden == 0 || d_.vocab == 0)
      return fail(ErrorCode::kUnsupported, "config.json names no layers, heads or hidden size of a language model");
    if (d_.layers > kLayersMax)
      return fail(ErrorCode::kInvalidData, fmt::format("config.json names {} layers", d_.layers));
    a.kv_heads = f_.number({"num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"});
    if (f_.flag("multi_query", false) && !f_.flag("new_decoder_architecture", false) &&
        !f_.has("multi_query_group_num"))
      a.kv_heads = 1;
    if (a.kv_heads == 0) a.kv_heads = a.heads;
    a.key_dim = f_.number({"head_dim", "kv_channels"});
    if (a.key_dim == 0) a.key_dim = d_.hidden / a.heads;
    a.value_dim = a.key_dim;
    a.kind = a.kv_heads == a.heads ? "mha" : a.kv_heads == 1 ? "mqa" : "gqa";
    if (const std::uint64_t rank = f_.number({"kv_lora_rank"}); rank > 0) {
      CatalogLatent m;
      m.kv_rank = rank;
      if (const std::uint64_t q = f_.number({"q_lora_rank"}); q > 0) m.q_rank = q;
      m.rope_dim = f_.number({"qk_rope_head_dim"});
      m.nope_dim = f_.number({"qk_nope_head_dim"});
      m.value_dim = f_.number({"v_head_dim"});
      a.kind = "mla";
      d_.mla = m;
    }
    d_.attention = a;
    return {};
  }

  void add_feed_forward() {
    d_.ffn_size = f_.number({"intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "hidden_dim"});
    if (d_.ffn_size == 0) d_.ffn_size = 4 * d_.hidden;
    d_.ffn_gated = std::find(kUngated.begin(), kUngated.end(), type_) == kUngated.end();
  }

  void add_experts() {
    CatalogExperts moe;
    moe.experts = f_.number({"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"});
    moe.active_experts = f_.number({"num_experts_per_tok", "num_experts_per_token", "moe_top_k", "moe_k"});
    if (moe.experts <= 1 || moe.active_experts == 0) return;
    moe.expert_size = f_.number({"moe_intermediate_size", "expert_ffn_hidden_size"});
    if (moe.expert_size == 0) moe.expert_size = d_.ffn_size;
    moe.shared_size = f_.number({"shared_expert_intermediate_size"});
    if (moe.shared_size == 0)
      moe.shared_size = f_.number({"n_shared_experts", "moe_num_shared_experts"}) * moe.expert_size;
    d_.moe = moe;
  }

  // Of the linear kinds only the one whose state these fields tell; others would be guessed.
  Status add_recurrence() {
    CatalogRecurrence r;
    r.kind = "gated_delta";
    r.d_conv = f_.number({"linear_conv_kernel_dim"});
    r.n_group = f_.number({"linear_num_key_heads"});
    r.n_heads = f_.number({"linear_num_value_heads"});
    r.d_state = f_.number({"linear_key_head_dim"});
    r.d_inner = r.n_heads * f_.number({"linear_value_head_dim"});
    if (r.d_inner > 0) d_.recurrent = r;
    const auto kinds = f_.texts("layer_types");
    const bool other_state = f_.has("ssm_state_size") || f_.has("mamba_d_state") || f_.has("state_size") ||
                             f_.has("conv_L_cache") || f_.has("rwkv") ||
                             std::any_of(kinds.begin(), kinds.end(), [&](const std::string& kind) {
                               return (kind == "linear_attention" && !d_.recurrent) || kind == "mamba" ||
                                      kind == "conv" || kind == "recurrent";
                             });
    if (other_state)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the recurrent layers of '{}' are not read from config.json", type_));
    return {};
  }

  [[nodiscard]] bool is_windowed(std::uint64_t layer, const std::string& kind) const {
    if (!d_.window) return false;
    if (!kind.empty()) return kind == "sliding_attention" || kind == "chunked_attention";
    std::uint64_t period = f_.number({"sliding_window_pattern"});
    for (const auto& known : kPeriods)
      if (period == 0 && known.type == type_) period = known.period;
    if (period > 0) return layer % period != period - 1;
    // Qwen2 and its kin: the first layers are full.
    return !f_.has("max_window_layers") || layer >= f_.number({"max_window_layers"});
  }

  [[nodiscard]] char layer_kind(std::uint64_t layer) const {
    const auto kinds = f_.texts("layer_types");
    const std::string kind = layer < kinds.size() ? kinds[layer] : "";
    const std::uint64_t interval = f_.number({"full_attention_interval"});
    if (d_.recurrent && (kind == "linear_attention" || (kind.empty() && interval > 0 && (layer + 1) % interval != 0)))
      return 'R';
    const std::uint64_t shared = f_.number({"num_kv_shared_layers"});
    const bool shares = shared > 0 && layer + shared >= d_.layers;
    if (is_windowed(layer, kind)) return shares ? 'w' : 'W';
    return shares ? 'f' : 'F';
  }

  [[nodiscard]] char ffn_kind(std::uint64_t layer) const {
    if (!d_.moe) return 'D';
    const std::uint64_t step = std::max<std::uint64_t>(f_.number({"decoder_sparse_step", "moe_layer_freq"}), 1);
    const bool dense = layer < f_.number({"first_k_dense_replace"}) || f_.lists("mlp_only_layers", layer) ||
                       (layer + (f_.has("decoder_sparse_step") ? 1 : 0)) % step != 0;
    return dense ? 'D' : 'E';
  }

  [[nodiscard]] Status check_sizes() const {
    const CatalogAttention& a = *d_.attention;
    for (const std::uint64_t size :
         {d_.hidden, d_.vocab, d_.context_length, a.heads, a.kv_heads, a.key_dim, d_.ffn_size})
      if (size > kSizeMax) return fail(ErrorCode::kInvalidData, "config.json names a size that no model has");
    return {};
  }

  Fields f_;
  std::string type_;
  CatalogDecoder d_;
};

bool is_encoder(const std::string& type) {
  for (const char* known : {"bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "electra", "camembert",
                            "deberta-v2", "nomic_bert", "modernbert", "new"})
    if (type == known) return true;
  return false;
}

Result<CatalogEncoder> encoder_of(const Fields& f, const std::string& type) {
  CatalogEncoder e;
  e.kind = type;
  e.layers = f.number({"num_hidden_layers", "n_layers", "n_layer"});
  e.hidden = f.number({"hidden_size", "dim", "n_embd"});
  e.heads = f.number({"num_attention_heads", "n_heads", "n_head"});
  e.ffn = f.number({"intermediate_size", "hidden_dim", "n_inner"});
  const std::uint64_t positions = f.number({"max_position_embeddings", "n_positions"});
  if (positions > 0) e.positions = positions;
  if (e.layers == 0 || e.hidden == 0 || e.heads == 0 ||
      std::max({e.layers, e.hidden, e.heads, e.ffn, positions}) > 1U << 24U)
    return fail(ErrorCode::kUnsupported, "config.json names no layers, heads or hidden size");
  return e;
}

// The innermost language part of a model of several; the whole where it has none.
const json& language_part(const json& config) {
  constexpr int kDepthMax = 4;  // "thinker_config" holding "text_config" is the deepest in the field
  const json* part = &config;
  for (int depth = 0; depth < kDepthMax; ++depth) {
    const json* inner = nullptr;
    for (const char* name : {"text_config", "llm_config", "language_config", "thinker_config"})
      if (const auto found = part->find(name); inner == nullptr && found != part->end() && found->is_object())
        inner = &*found;
    if (inner == nullptr) break;
    part = inner;
  }
  return *part;
}

}  // namespace

Status apply_hub_config(std::string_view text, CatalogModel& model) {
  const json config = json::parse(text, nullptr, false);
  if (!config.is_object())
    return fail(ErrorCode::kInvalidData, "config.json is no JSON object",
                "get it again from where the weights are from");
  const Fields top(config);
  const std::string type = top.text("model_type");
  if (top.flag("is_encoder_decoder", false) || type == "whisper")
    return fail(ErrorCode::kUnsupported,
                fmt::format("encoder and decoder of '{}' are not read from config.json", type));
  if (is_encoder(type)) {
    HEARTH_ASSIGN(encoder, encoder_of(top, type));
    model.kind = "embedding";
    model.architecture = type;
    model.encoder = std::move(encoder);
    return {};
  }
  HEARTH_ASSIGN(decoder, DecoderConfig(language_part(config)).build());
  model.kind = "llm";
  model.architecture = type;
  model.structure = decoder.moe ? "moe" : "dense";
  model.decoder = std::move(decoder);
  return {};
}

std::string precision_of_hub_config(std::string_view text) {
  const json config = json::parse(text, nullptr, false);
  if (!config.is_object()) return "";
  const auto found = config.find("quantization_config");
  if (found == config.end() || !found->is_object()) return "";
  const Fields quantisation(*found);
  const std::string method = quantisation.text("quant_method");
  if (method == "awq") return "AWQ";
  if (method == "gptq") return "GPTQ";
  if (method == "fp8") return "FP8_E4M3";
  if (method == "mxfp4") return "MXFP4";
  if (method == "bitsandbytes") return quantisation.flag("load_in_4bit", false) ? "BNB_NF4" : "INT8";
  return "";
}

}  // namespace hearth
