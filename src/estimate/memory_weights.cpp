#include "estimate/memory_weights.h"

#include <algorithm>

#include "estimate/memory_tensor_type.h"

namespace hearth {
namespace {

// Architectures whose files join queries, keys and values in one tensor. Source: llama.cpp 0.5, src/models.
constexpr std::string_view kJoinedQkv[] = {"phi2",   "phi3",  "chatglm",     "gptneox",
                                           "falcon", "bloom", "modern-bert", "nomic-bert"};

bool joins_qkv(const CatalogModel& model) {
  return std::find(std::begin(kJoinedQkv), std::end(kJoinedQkv), model.architecture) != std::end(kJoinedQkv);
}

// Bits that converters of other formats leave the embedding and the output at; 0: those of all weights.
double embedding_bits(const CatalogPrecision& precision) {
  if (precision.group == "method" || precision.id == "nvfp4" || precision.id.starts_with("fp8-") ||
      precision.id == "int8-w8a8")
    return 16;  // Source: llm-compressor and AutoAWQ leave embeddings and lm_head out
  if (precision.id == "int4" || precision.id == "8da4w") return 8;  // Source: NNCF weight compression, torchao
  return 0;
}

MixtureModel mixture_model(const CatalogModel& model, const CatalogDecoder& d) {
  MixtureModel m;
  m.layers = d.layers;
  for (const char kind : d.layer_kinds)
    if (d.attention && !d.mla && std::string_view("FWfwPX").find(kind) != std::string_view::npos) ++m.value_tensors;
  m.experts = d.moe ? d.moe->experts : 0;
  if (d.attention && d.attention->kv_heads > 0) m.queries_per_key = d.attention->heads / d.attention->kv_heads;
  m.tied_embeddings = d.tied_embeddings;
  m.llama_70b = model.architecture == "llama" && d.layers == 80 && m.queries_per_key > 1;
  return m;
}

// Walks the tensors of a decoder and adds them up.
class Counter {
 public:
  Counter(const CatalogModel& model, const CatalogPrecision& precision, const WeightSplit& split,
          TensorTypeSet repacked)
      : model_(model),
        d_(*model.decoder),
        precision_(precision),
        split_(split),
        repacked_(repacked),
        by_type_(TensorMixture::knows(precision.id)),
        mixture_(precision.id),
        about_(mixture_model(model, d_)) {}

  WeightBytes count() {
    add(TensorRole::kEmbedding, d_.hidden, d_.vocab);
    if (!d_.tied_embeddings) add(TensorRole::kOutput, d_.hidden, d_.vocab);
    for (layer_ = 0; layer_ < d_.layers; ++layer_) add_layer();
    layer_ = d_.layers == 0 ? 0 : d_.layers - 1;  // the last norm lies with the last layer
    add(TensorRole::kFloat, d_.hidden, 1);
    add_rest();
    return sums_;
  }

 private:
  // One matrix, or `experts` of them; `layer_` says where it goes.
  void add(TensorRole role, std::uint64_t row, std::uint64_t rows, std::uint64_t experts = 0) {
    if (row == 0 || rows == 0) return;
    const std::uint64_t all_rows = rows * std::max<std::uint64_t>(experts, 1);
    weights_ += row * all_rows;
    const auto [bytes, repacked] = bytes_of(role, row, all_rows, rows);
    if (role == TensorRole::kEmbedding) {
      sums_.embedding += bytes;
    } else if (role == TensorRole::kOutput) {
      sums_.output += bytes;
      if (repacked) sums_.repacked_output += bytes;
    } else {
      const bool on_cpu = layer_ < split_.first_device_layer || (experts > 0 && split_.experts_on_cpu);
      auto& sum = experts > 0 ? (on_cpu ? sums_.experts_cpu : sums_.experts_device)
                              : (on_cpu ? sums_.layers_cpu : sums_.layers_device);
      sum += bytes;
      if (on_cpu && repacked) sums_.repacked_cpu += bytes;
    }
  }

  struct Stored {
    std::uint64_t bytes;
    bool repacked;
  };
  Stored bytes_of(TensorRole role, std::uint64_t row, std::uint64_t all_rows, std::uint64_t rows) const {
    if (!by_type_) {
      double bits = precision_.bits_per_weight;
      const bool ends = role == TensorRole::kEmbedding || role == TensorRole::kOutput;
      if (ends && embedding_bits(precision_) > 0) bits = std::max(bits, embedding_bits(precision_));
      if (role == TensorRole::kFloat) bits = std::max(bits, 16.0);
      return {static_cast<std::uint64_t>(static_cast<double>(row * all_rows) * bits / 8), false};
    }
    const std::uint64_t index = role == TensorRole::kValue ? value_index_ : layer_;
    const TensorType type = storable(mixture_.type_of({role, index}, about_), row);
    const bool repacked = (repacked_ >> static_cast<unsigned>(type) & 1U) != 0 && rows % 8 == 0;
    return {tensor_bytes(type, row, all_rows), repacked};
  }

  void add_layer() {
    const char kind = layer_ < d_.layer_kinds.size() ? d_.layer_kinds[layer_] : 'F';
    const char ffn = layer_ < d_.ffn_kinds.size() ? d_.ffn_kinds[layer_] : 'D';
    const bool attends = std::string_view("FWfwPX").find(kind) != std::string_view::npos;
    if (attends && d_.mla) add_latent(*d_.mla);
    if (attends && !d_.mla && d_.attention) add_attention(kind);
    if (attends && d_.attention && d_.attention->cross_attention) add_attention(kind);
    if ((kind == 'R' || kind == 'P') && d_.recurrent) add_recurrence(*d_.recurrent);
    if (ffn == 'D' || ffn == 'B') add_feed_forward(layer_ < d_.ffn_sizes.size() ? d_.ffn_sizes[layer_] : d_.ffn_size);
    if ((ffn == 'E' || ffn == 'B') && d_.moe) add_experts(*d_.moe);
    add(TensorRole::kFloat, d_.hidden, 2);  // the two norms that every layer has at least
  }

  void add_attention(char kind) {
    const CatalogAttention& a = *d_.attention;
    const CatalogHeads& heads = (kind == 'F' || kind == 'f') && a.full ? *a.full : static_cast<const CatalogHeads&>(a);
    const std::uint64_t query = a.heads * heads.key_dim;
    const bool reads_earlier = kind == 'f' || kind == 'w';
    const std::uint64_t key = reads_earlier ? 0 : heads.kv_heads * heads.key_dim;
    const std::uint64_t value = reads_earlier || heads.shared_key_value ? 0 : heads.kv_heads * heads.value_dim;
    if (joins_qkv(model_)) {
      add(TensorRole::kValue, d_.hidden, query + key + value);
    } else {
      add(TensorRole::kQuery, d_.hidden, query);
      add(TensorRole::kKey, d_.hidden, key);
      add(TensorRole::kValue, d_.hidden, value);
    }
    ++value_index_;
    add(TensorRole::kAttentionOutput, a.heads * heads.value_dim, d_.hidden);
  }

  void add_latent(const CatalogLatent& m) {
    const std::uint64_t heads = d_.attention ? d_.attention->heads : 0;
    const std::uint64_t query = heads * (m.nope_dim + m.rope_dim);
    if (m.q_rank) {
      add(TensorRole::kOther, d_.hidden, *m.q_rank);
      add(TensorRole::kOther, *m.q_rank, query);
      add(TensorRole::kFloat, *m.q_rank, 1);
    } else {
      add(TensorRole::kQuery, d_.hidden, query);
    }
    add(TensorRole::kOther, d_.hidden, m.kv_rank + m.rope_dim);
    add(TensorRole::kFloat, m.kv_rank, 1);
    add(TensorRole::kOther, m.nope_dim, m.kv_rank * heads);
    add(TensorRole::kOther, m.kv_rank, m.value_dim * heads);
    add(TensorRole::kAttentionOutput, heads * m.value_dim, d_.hidden);
  }

  void add_recurrence(const CatalogRecurrence& r) {
    const std::uint64_t groups = 2 * r.n_group * r.d_state;
    if (r.kind == "short_conv") {
      add(TensorRole::kOther, d_.hidden, 3 * r.d_inner);
      add(TensorRole::kFloat, r.d_conv, r.d_inner);
    } else if (r.kind == "mamba1") {
      add(TensorRole::kOther, d_.hidden, 2 * r.d_inner);
      add(TensorRole::kOther, r.d_inner, r.dt_rank + 2 * r.d_state);
      add(TensorRole::kOther, r.dt_rank, r.d_inner);
      add(TensorRole::kFloat, r.d_inner, r.d_conv + r.d_state + 3);
    } else if (r.kind == "mamba2") {
      add(TensorRole::kOther, d_.hidden, 2 * r.d_inner + groups + r.n_heads);
      add(TensorRole::kFloat, r.d_inner + groups, r.d_conv + 1);
      add(TensorRole::kFloat, r.d_inner + 3 * r.n_heads, 1);
    } else if (r.kind == "gated_delta") {
      add(TensorRole::kOther, d_.hidden, groups + 2 * r.d_inner);
      add(TensorRole::kOther, d_.hidden, 2 * r.n_heads);
      add(TensorRole::kFloat, groups + r.d_inner, r.d_conv);
    } else {
      return;  // counted from the number of parameters
    }
    add(TensorRole::kOther, r.d_inner, d_.hidden);
  }

  void add_feed_forward(std::uint64_t size) {
    if (d_.ffn_gated) add(TensorRole::kGate, d_.hidden, size);
    add(TensorRole::kUp, d_.hidden, size);
    add(TensorRole::kDown, size, d_.hidden);
  }

  void add_experts(const CatalogExperts& moe) {
    add(TensorRole::kFloat, d_.hidden, moe.experts);
    if (moe.gated) add(TensorRole::kExpertGate, d_.hidden, moe.expert_size, moe.experts);
    add(TensorRole::kExpertUp, d_.hidden, moe.expert_size, moe.experts);
    add(TensorRole::kExpertDown, moe.expert_size, d_.hidden, moe.experts);
    if (moe.gated) add(TensorRole::kGate, d_.hidden, moe.shared_size);
    add(TensorRole::kUp, d_.hidden, moe.shared_size);
    add(TensorRole::kDown, moe.shared_size, d_.hidden);
  }

  // What the published number of parameters holds beyond the tensors above: norms and biases where it is little, whole
  // blocks that the record doesn't describe where it is more. A rounded number says neither.
  void add_rest() {
    const std::uint64_t beside = tower_parameters(model_);
    const std::uint64_t told = model_.parameters_total > beside ? model_.parameters_total - beside : 0;
    std::uint64_t optional = 0;
    for (const auto& extra : d_.extra_parameters)
      if (extra.optional) optional += extra.count;
    if (told <= weights_ + optional) return;
    const std::uint64_t rest = told - weights_ - optional;
    const bool rounded = model_.parameters_provenance.find("rounded") != std::string::npos;
    if (rounded && rest < told / 20) return;
    const std::uint64_t each = rest / std::max<std::uint64_t>(d_.layers, 1);
    const bool little = rest < told / 200;
    for (layer_ = 0; layer_ < d_.layers; ++layer_)
      add(little ? TensorRole::kFloat : TensorRole::kOther, little ? each : each / 256 * 256, 1);
  }

  const CatalogModel& model_;
  const CatalogDecoder& d_;
  const CatalogPrecision& precision_;
  const WeightSplit split_;
  const TensorTypeSet repacked_;
  const bool by_type_;
  const TensorMixture mixture_;
  const MixtureModel about_;
  std::uint64_t layer_ = 0, value_index_ = 0, weights_ = 0;
  WeightBytes sums_;
};

}  // namespace

std::uint64_t tower_parameters(const CatalogModel& model) {
  if (!model.vision) return 0;
  return model.vision->parameters + model.vision->projector_parameters + model.vision->other_tower_parameters;
}

WeightBytes decoder_weights(const CatalogModel& model, const CatalogPrecision& precision, const WeightSplit& split,
                            TensorTypeSet repacked) {
  return Counter(model, precision, split, repacked).count();
}

}  // namespace hearth
