#include <cstddef>

#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {
namespace {

void read_heads(const nlohmann::json& json, CatalogHeads& heads) {
  read_field(json, "kv_heads", heads.kv_heads);
  read_field(json, "key_dim", heads.key_dim);
  read_field(json, "value_dim", heads.value_dim);
  read_field(json, "shared_key_value", heads.shared_key_value);
}

CatalogAttention read_attention(const nlohmann::json& json) {
  CatalogAttention attention;
  read_field(json, "kind", attention.kind);
  read_field(json, "heads", attention.heads);
  read_field(json, "cross_attention", attention.cross_attention);
  read_heads(json, attention);
  if (json.contains("full")) read_heads(json["full"], attention.full.emplace());
  return attention;
}

CatalogLatent read_latent(const nlohmann::json& json) {
  CatalogLatent latent;
  read_field(json, "q_rank", latent.q_rank);
  read_field(json, "kv_rank", latent.kv_rank);
  read_field(json, "nope_dim", latent.nope_dim);
  read_field(json, "rope_dim", latent.rope_dim);
  read_field(json, "value_dim", latent.value_dim);
  return latent;
}

CatalogExperts read_experts(const nlohmann::json& json) {
  CatalogExperts experts;
  read_field(json, "experts", experts.experts);
  read_field(json, "active_experts", experts.active_experts);
  read_field(json, "expert_size", experts.expert_size);
  read_field(json, "shared_size", experts.shared_size);
  read_field(json, "gated", experts.gated);
  return experts;
}

CatalogRecurrence read_recurrence(const nlohmann::json& json) {
  CatalogRecurrence recurrent;
  read_field(json, "kind", recurrent.kind);
  read_field(json, "d_conv", recurrent.d_conv);
  read_field(json, "d_inner", recurrent.d_inner);
  read_field(json, "d_state", recurrent.d_state);
  read_field(json, "n_group", recurrent.n_group);
  read_field(json, "n_heads", recurrent.n_heads);
  read_field(json, "dt_rank", recurrent.dt_rank);
  return recurrent;
}

CatalogRope read_rope(const nlohmann::json& json) {
  CatalogRope rope;
  read_field(json, "theta", rope.theta);
  read_field(json, "theta_window", rope.theta_window);
  read_field(json, "dims", rope.dims);
  const auto& scaling = object_field(json, "scaling");
  read_field(scaling, "kind", rope.scaling_kind);
  read_field(scaling, "factor", rope.scaling_factor);
  read_field(scaling, "original_context", rope.original_context);
  return rope;
}

CatalogDecoder read_decoder(const nlohmann::json& json) {
  CatalogDecoder decoder;
  read_field(json, "layers", decoder.layers);
  read_field(json, "hidden", decoder.hidden);
  read_field(json, "vocab", decoder.vocab);
  read_field(json, "context_length", decoder.context_length);
  read_field(json, "tied_embeddings", decoder.tied_embeddings);
  read_field(json, "layer_kinds", decoder.layer_kinds);
  read_field(json, "ffn_kinds", decoder.ffn_kinds);
  if (json.contains("attention")) decoder.attention = read_attention(json["attention"]);
  if (json.contains("mla")) decoder.mla = read_latent(json["mla"]);
  read_field(object_field(json, "window"), "size", decoder.window);
  read_field(object_field(json, "window"), "chunked", decoder.window_chunked);
  read_field(object_field(json, "window"), "ignored_by", decoder.window_ignored_by);
  const auto& ffn = object_field(json, "ffn");
  read_field(ffn, "size", decoder.ffn_size);
  read_field(ffn, "sizes", decoder.ffn_sizes);
  read_field(ffn, "gated", decoder.ffn_gated);
  if (json.contains("moe")) decoder.moe = read_experts(json["moe"]);
  if (json.contains("recurrent")) decoder.recurrent = read_recurrence(json["recurrent"]);
  if (json.contains("rope")) decoder.rope = read_rope(json["rope"]);
  for (const auto& item : object_field(json, "extra_parameters")) {
    CatalogExtraParameters& extra = decoder.extra_parameters.emplace_back();
    read_field(item, "what", extra.what);
    read_field(item, "count", extra.count);
    read_field(item, "optional", extra.optional);
  }
  return decoder;
}

CatalogEncoder read_encoder(const nlohmann::json& json) {
  CatalogEncoder encoder;
  read_field(json, "kind", encoder.kind);
  read_field(json, "layers", encoder.layers);
  read_field(json, "hidden", encoder.hidden);
  read_field(json, "heads", encoder.heads);
  read_field(json, "ffn", encoder.ffn);
  read_field(json, "vocab", encoder.vocab);
  read_field(json, "positions", encoder.positions);
  read_field(json, "context_length", encoder.context_length);
  read_field(json, "n_mels", encoder.n_mels);
  read_field(json, "window", encoder.window);
  read_field(json, "full_every", encoder.full_every);
  read_field(json, "parameters", encoder.parameters);
  return encoder;
}

CatalogVision read_vision(const nlohmann::json& json) {
  CatalogVision vision;
  read_field(json, "kind", vision.kind);
  read_field(json, "layers", vision.layers);
  read_field(json, "hidden", vision.hidden);
  read_field(json, "heads", vision.heads);
  read_field(json, "ffn", vision.ffn);
  read_field(json, "patch", vision.patch);
  read_field(json, "tokens_per_image", vision.tokens_per_image);
  read_field(json, "image_size", vision.image_size);
  read_field(json, "parameters", vision.parameters);
  read_field(object_field(json, "projector"), "parameters", vision.projector_parameters);
  read_field(json, "other_towers", vision.other_tower_parameters);
  return vision;
}

CatalogGraph read_graph(const nlohmann::json& json) {
  CatalogGraph graph;
  read_field(json, "input", graph.input);
  read_field(json, "gflops", graph.gflops);
  std::string convention;
  read_field(json, "flops_convention", convention);
  graph.one_flop_per_multiply_add = convention == "one per multiply-add";
  read_field(json, "classes", graph.classes);
  read_field(json, "dataset", graph.dataset);
  read_field(json, "needs_nms", graph.needs_nms);
  return graph;
}

CatalogAudio read_audio(const nlohmann::json& json) {
  CatalogAudio audio;
  read_field(json, "sample_rate_hz", audio.sample_rate_hz);
  read_field(json, "n_mels", audio.n_mels);
  read_field(json, "voices", audio.voices);
  read_field(json, "frame_ms", audio.frame_ms);
  read_field(json, "hop_ms", audio.hop_ms);
  read_field(json, "chunk_ms", audio.chunk_ms);
  read_field(json, "streaming", audio.streaming);
  return audio;
}

void read_parts(const nlohmann::json& record, CatalogModel& model) {
  if (record.contains("decoder")) model.decoder = read_decoder(record["decoder"]);
  if (record.contains("encoder")) model.encoder = read_encoder(record["encoder"]);
  if (record.contains("vision")) model.vision = read_vision(record["vision"]);
  if (record.contains("text_tower")) model.text_tower = read_encoder(record["text_tower"]);
  if (record.contains("graph")) model.graph = read_graph(record["graph"]);
  if (record.contains("audio")) model.audio = read_audio(record["audio"]);
  if (record.contains("embedding")) {
    CatalogEmbedding& embedding = model.embedding.emplace();
    read_field(record["embedding"], "dimension", embedding.dimension);
    read_field(record["embedding"], "pooling", embedding.pooling);
    read_field(record["embedding"], "truncatable", embedding.truncatable);
  }
}

void read_lists(const nlohmann::json& record, CatalogModel& model) {
  for (const auto& item : object_field(record, "files")) {
    CatalogModelFile& file = model.files.emplace_back();
    read_field(item, "format", file.format);
    read_field(item, "precision", file.precision);
    read_field(item, "source", file.source);
    read_field(item, "bytes", file.bytes);
    read_field(item, "rounded", file.rounded);
  }
  for (const auto& item : object_field(record, "quality")) {
    CatalogQuality& quality = model.quality.emplace_back();
    read_field(item, "benchmark", quality.benchmark);
    read_field(item, "source", quality.source);
    read_field(item, "score", quality.score);
  }
}

bool uses(const std::string& kinds, const char* letters) { return kinds.find_first_of(letters) != std::string::npos; }

// What a schema cannot say: letters per layer, and that every kind of layer used has its dimensions.
Status check_decoder(const CatalogDecoder& d) {
  const auto wrong = [](const std::string& what) { return fail(ErrorCode::kInvalidData, "decoder/" + what); };
  for (const auto& [key, kinds] : {std::pair{"layer_kinds", &d.layer_kinds}, std::pair{"ffn_kinds", &d.ffn_kinds}})
    if (kinds->size() != d.layers)
      return wrong(std::string(key) + " has " + std::to_string(kinds->size()) + " letters for " +
                   std::to_string(d.layers) + " layers");
  if (uses(d.layer_kinds, "FWfwPX") && !d.attention) return wrong("attention is missing for layers that attend");
  if (uses(d.layer_kinds, "Ww") && !d.window) return wrong("window is missing for windowed layers");
  if (uses(d.layer_kinds, "RP") && !d.recurrent) return wrong("recurrent is missing for recurrent layers");
  if (uses(d.ffn_kinds, "DB") && d.ffn_size == 0) return wrong("ffn is missing for dense layers");
  if (uses(d.ffn_kinds, "EB") && !d.moe) return wrong("moe is missing for layers with experts");
  if (!d.ffn_sizes.empty() && d.ffn_sizes.size() != d.layers) return wrong("ffn/sizes needs one size a layer");
  if (d.moe && d.moe->active_experts > d.moe->experts) return wrong("moe uses more experts than there are");
  if (!d.attention) return {};
  if (d.attention->kind == "mla") return d.mla ? Status{} : Status{wrong("mla is missing for latent attention")};
  if (d.attention->kv_heads == 0 || d.attention->key_dim == 0 || d.attention->value_dim == 0)
    return wrong("attention needs kv_heads, key_dim and value_dim");
  if (d.attention->heads % d.attention->kv_heads != 0)
    return wrong("attention/heads is no multiple of attention/kv_heads");
  return {};
}

}  // namespace

Result<CatalogModel> read_model_record(const nlohmann::json& record) {
  CatalogModel model;
  read_record_head(record, model);
  read_field(record, "family", model.family);
  read_field(record, "publisher", model.publisher);
  read_field(record, "hub", model.hub);
  read_field(record, "companions", model.companions);
  read_field(record, "kind", model.kind);
  read_field(record, "structure", model.structure);
  read_field(record, "architecture", model.architecture);
  read_field(record, "tasks", model.tasks);
  read_field(object_field(record, "modalities"), "in", model.inputs);
  read_field(object_field(record, "modalities"), "out", model.outputs);
  read_field(record, "languages", model.languages);
  const auto& parameters = object_field(record, "parameters");
  read_field(parameters, "total", model.parameters_total);
  read_field(parameters, "active", model.parameters_active);
  read_field(parameters, "provenance", model.parameters_provenance);
  read_parts(record, model);
  const auto& licence = object_field(record, "licence");
  read_field(licence, "spdx", model.licence.spdx);
  read_field(licence, "commercial", model.licence.commercial);
  read_field(licence, "note", model.licence.note);
  read_field(record, "formats", model.formats);
  read_lists(record, model);
  if (model.decoder) HEARTH_TRY(check_decoder(*model.decoder));
  if (model.parameters_active && *model.parameters_active > model.parameters_total)
    return fail(ErrorCode::kInvalidData, "parameters/active is larger than parameters/total");
  return model;
}

}  // namespace hearth
