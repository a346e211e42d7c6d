#include "estimate/memory_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "estimate/memory_cache.h"
#include "estimate/memory_compute.h"
#include "estimate/memory_runtime.h"
#include "estimate/memory_tensor_type.h"
#include "estimate/memory_weights.h"

namespace hearth {
namespace {

constexpr std::uint64_t kContextTotalMax = 1ULL << 40U;  // beyond any machine; keeps every product inside 64 bits
constexpr std::uint64_t kTowerBytesPerWeight = 2;        // converters leave vision and sound towers at 16 bits

constexpr TensorTypeSet bit(TensorType type) { return TensorTypeSet{1} << static_cast<unsigned>(type); }

// Source: ggml 0.25.3, ggml-cpu/repack.cpp, ggml_repack_get_optimal_repack_type.
TensorTypeSet repacked_types(CpuRepack repack) {
  constexpr TensorTypeSet kAll =
      bit(TensorType::kQ4_0) | bit(TensorType::kQ4K) | bit(TensorType::kIq4Nl) | bit(TensorType::kMxfp4);
  switch (repack) {
    case CpuRepack::kNone: return 0;
    case CpuRepack::kAvx2: return kAll;
    case CpuRepack::kAvx512: return kAll | bit(TensorType::kQ2K);
    case CpuRepack::kNeon: return kAll | bit(TensorType::kQ5K) | bit(TensorType::kQ6K) | bit(TensorType::kQ8_0);
  }
  return 0;
}

bool runs_llama(std::string_view runtime) {
  return runtime == "llama" || runtime == "ollama" || runtime == "lm-studio" || runtime == "wllama";
}

bool is_named(const CatalogPrecision& precision, std::string_view name) {
  const auto& others = precision.aliases;
  return precision.name == name || std::find(others.begin(), others.end(), name) != others.end();
}

// The record's own file of this precision, where its size is exact. 0: none.
std::uint64_t exact_file_bytes(const CatalogModel& model, const CatalogPrecision& precision) {
  for (const auto& file : model.files)
    if (!file.rounded && is_named(precision, file.precision)) return file.bytes;
  return 0;
}

std::uint64_t by_bits(std::uint64_t parameters, const CatalogPrecision& precision) {
  return static_cast<std::uint64_t>(static_cast<double>(parameters) * precision.bits_per_weight / 8);
}

bool is_text_decoder(const CatalogModel& model) { return model.decoder && !model.encoder; }

// llama.cpp reads towers at 16 bits; the others quantise them with the rest, but not below 8.
std::uint64_t tower_bytes(const CatalogModel& model, const CatalogPrecision& precision, std::string_view runtime) {
  const std::uint64_t parameters = tower_parameters(model);
  if (runs_llama(runtime)) return parameters * kTowerBytesPerWeight;
  return static_cast<std::uint64_t>(static_cast<double>(parameters) * std::clamp(precision.bits_per_weight, 8.0, 16.0) /
                                    8);
}

void scale(WeightBytes& w, std::uint64_t to_total) {
  const std::uint64_t total = w.total();
  if (total == 0 || to_total == 0) return;
  const double factor = static_cast<double>(to_total) / static_cast<double>(total);
  for (auto* part : {&w.embedding, &w.output, &w.layers_cpu, &w.layers_device, &w.experts_cpu, &w.experts_device,
                     &w.repacked_cpu, &w.repacked_output})
    *part = static_cast<std::uint64_t>(static_cast<double>(*part) * factor);
}

Status check(const MemoryQuery& q) {
  if (q.model == nullptr || q.precision == nullptr)
    return fail(ErrorCode::kInvalidArgument, "memory was asked for without a model or a precision");
  if (q.users == 0) return fail(ErrorCode::kInvalidArgument, "memory was asked for no users", "ask for at least one");
  if (q.context_length > kContextTotalMax / q.users)
    return fail(
        ErrorCode::kDoesNotFit,
        fmt::format("{} users with {} tokens each are more cells than any machine holds", q.users, q.context_length),
        "take a shorter --ctx or fewer --users");
  return {};
}

// First layer on the accelerator; past the last where there is none.
std::uint64_t first_device_layer(const MemoryQuery& q, std::uint64_t layers) {
  if (q.device == "cpu") return layers;
  if (q.layers_on_device < 0) return 0;
  return layers - std::min<std::uint64_t>(layers, static_cast<std::uint64_t>(q.layers_on_device));
}

// The mapped file counts in full and copies on top of it; read into memory, each tensor is there once.
void put_cpu_weights(MemoryParts& parts, std::uint64_t in_file, std::uint64_t repacked, bool mmap) {
  parts.weights += mmap ? in_file + repacked : in_file;
  parts.mapped += mmap ? in_file : 0;
}

void add_decoder_weights(const MemoryQuery& q, std::uint64_t first, MemoryTotals& totals) {
  const bool llama = runs_llama(q.runtime);
  WeightBytes w =
      decoder_weights(*q.model, *q.precision, {first, q.experts_on_cpu && llama}, llama ? repacked_types(q.repack) : 0);
  scale(w, exact_file_bytes(*q.model, *q.precision));
  const std::uint64_t layers = q.model->decoder->layers;
  const bool mapped = q.mmap && llama;
  if (first >= layers) {
    put_cpu_weights(totals.cpu, w.total(), w.repacked_cpu + w.repacked_output, mapped);
  } else if (llama) {
    // The table stays with the processor; a tied output is a copy of it on the device.
    put_cpu_weights(totals.cpu, w.embedding + w.layers_cpu + w.experts_cpu, w.repacked_cpu, mapped);
    totals.device.weights +=
        w.layers_device + w.experts_device + (q.model->decoder->tied_embeddings ? w.embedding : w.output);
  } else {
    totals.device.weights += w.embedding + w.output + w.layers_device + w.experts_device;
    totals.cpu.weights += w.layers_cpu + w.experts_cpu;
  }
}

Status add_decoder(const MemoryQuery& q, MemoryTotals& totals) {
  const CatalogDecoder& d = *q.model->decoder;
  const std::uint64_t first = first_device_layer(q, d.layers);
  MemoryParts& main = first < d.layers ? totals.device : totals.cpu;
  add_decoder_weights(q, first, totals);
  CacheQuery cache;
  cache.model = q.model;
  cache.precision = q.kv_precision;
  cache.context_length = q.context_length;
  cache.users = q.users;
  cache.micro_batch = q.micro_batch;
  cache.runtime = q.runtime;
  cache.flash_attention = q.flash_attention;
  cache.unified = q.unified_kv && q.users > 1;
  cache.first_device_layer = first;
  HEARTH_ASSIGN(state, cache_bytes(cache));
  totals.cpu.kv_cache += state.kv_cpu;
  totals.device.kv_cache += state.kv_device;
  totals.cpu.recurrent_state += state.recurrent_cpu;
  totals.device.recurrent_state += state.recurrent_device;
  const std::uint64_t compute = decoder_compute_bytes(cache);
  main.compute += compute;
  // A split graph has a scratch on each side; the processor's lacks the logits.
  if (first > 0 && first < d.layers) totals.cpu.compute += std::min(compute, q.micro_batch * d.hidden * 4 * 8);
  const std::uint64_t row = d.vocab + (q.model->embedding ? q.model->embedding->dimension : 0);
  totals.cpu.output += q.users * row * 4;
  return {};
}

// Whisper and its kin: the encoder's activations, the decoder's own cache and that of the encoded sound, F16.
// The activations are counted without the runtime's reuse, so they are rather too much.
void add_encoder_decoder(const MemoryQuery& q, MemoryParts& parts) {
  const CatalogEncoder& e = *q.model->encoder;
  const std::uint64_t windows = q.micro_batch <= 16 ? q.micro_batch : 1;
  const std::uint64_t positions = e.positions.value_or(1500);
  parts.compute += encoder_compute_bytes(e, positions) * windows;
  if (!q.model->decoder) return;
  const CatalogDecoder& d = *q.model->decoder;
  const std::uint64_t own = q.context_length > 0 ? std::min(q.context_length, d.context_length) : d.context_length;
  std::uint64_t cached = 0;
  for (const char kind : d.layer_kinds) cached += cached_values(d, kind);
  const bool crosses = d.attention && d.attention->cross_attention;
  parts.kv_cache += cached_bytes(q.kv_precision, cached) * (own + (crosses ? positions : 0)) * windows * q.users;
  parts.compute += (d.vocab + 6 * d.hidden + 2 * d.ffn_size) * 4 * windows;
  parts.output += d.vocab * 4 * q.users;
}

// Models that are one graph: weights by the number of parameters, activations by the formula that fits the record.
// Those of convolutional nets and vocoders are an assumption of the right order, not yet held against a runtime.
void add_graph(const MemoryQuery& q, MemoryParts& parts) {
  const CatalogModel& m = *q.model;
  const std::uint64_t exact = exact_file_bytes(m, *q.precision);
  parts.weights += exact > 0 ? exact : by_bits(m.parameters_total, *q.precision);
  const std::uint32_t batch = std::clamp(q.micro_batch, 1U, 64U);
  if (m.encoder && (m.decoder || m.encoder->n_mels)) return add_encoder_decoder(q, parts);
  if (m.encoder) {
    const std::uint64_t longest = m.encoder->context_length.value_or(m.encoder->positions.value_or(512));
    const std::uint64_t tokens = q.context_length > 0 ? std::min(q.context_length, longest) : longest;
    parts.compute += encoder_compute_bytes(*m.encoder, tokens) * q.users;
  } else if (m.vision) {
    parts.compute += vision_compute_bytes(*m.vision) * batch;
  } else if (m.graph) {
    parts.compute += graph_compute_bytes(m, batch);
  } else {
    parts.compute +=
        std::max<std::uint64_t>(m.parameters_total, 8ULL << 20U);  // a byte a weight: some seconds of sound
  }
}

void add_runtime(const MemoryQuery& q, MemoryTotals& totals) {
  const RuntimeOverhead overhead = runtime_overhead(q.runtime);
  totals.cpu.runtime += overhead.host_bytes;
  if (q.device != "cpu") totals.device.runtime += overhead.device_bytes;
  if (!q.model->decoder) return;
  totals.cpu.runtime += overhead.host_bytes_per_token * q.model->decoder->vocab;
  totals.cpu.runtime += overhead.host_bytes_per_layer * q.model->decoder->layers;
}

void add_items(MemoryBreakdown& out, const MemoryParts& parts, std::string_view device) {
  const std::array<std::pair<const char*, std::uint64_t>, 7> named = {
      {{memory_component::kWeights, parts.weights},
       {memory_component::kKvCache, parts.kv_cache},
       {memory_component::kRecurrentState, parts.recurrent_state},
       {memory_component::kCompute, parts.compute},
       {memory_component::kOutput, parts.output},
       {memory_component::kProjector, parts.projector},
       {memory_component::kRuntime, parts.runtime}}};
  for (const auto& [component, bytes] : named) {
    if (bytes == 0) continue;
    const std::uint64_t mapped = component == memory_component::kWeights ? std::min(parts.mapped, bytes) : 0;
    out.items.push_back({std::string(device), "", component, bytes, mapped});
  }
}

}  // namespace

CpuRepack cpu_repack_of(const std::vector<std::string>& isa) {
  const auto has = [&](std::string_view feature) { return std::find(isa.begin(), isa.end(), feature) != isa.end(); };
  if (has("dotprod") || has("i8mm")) return CpuRepack::kNeon;
  if (has("avx512") || has("avx512f") || has("avx512_vnni")) return CpuRepack::kAvx512;
  return has("avx2") ? CpuRepack::kAvx2 : CpuRepack::kNone;
}

Result<MemoryTotals> model_memory_totals(const MemoryQuery& query) {
  HEARTH_TRY(check(query));
  MemoryTotals totals;
  MemoryParts& main = query.device == "cpu" ? totals.cpu : totals.device;
  if (is_text_decoder(*query.model)) {
    HEARTH_TRY(add_decoder(query, totals));
    if (const std::uint64_t tower = tower_bytes(*query.model, *query.precision, query.runtime); tower > 0) {
      main.projector += tower;
      main.compute += vision_compute_bytes(*query.model->vision);
    }
  } else {
    add_graph(query, main);
  }
  add_runtime(query, totals);
  return totals;
}

MemoryBreakdown memory_items(const MemoryTotals& totals, std::string_view device) {
  MemoryBreakdown out;
  if (device != "cpu") add_items(out, totals.device, device);
  add_items(out, totals.cpu, "cpu");
  return out;
}

Result<MemoryBreakdown> model_memory(const MemoryQuery& query) {
  HEARTH_ASSIGN(totals, model_memory_totals(query));
  return memory_items(totals, query.device);
}

std::uint64_t weight_bytes(const CatalogModel& model, const CatalogPrecision& precision) {
  if (const std::uint64_t exact = exact_file_bytes(model, precision); exact > 0) return exact;
  if (!is_text_decoder(model)) return by_bits(model.parameters_total, precision);
  return decoder_weights(model, precision, {model.decoder->layers, false}, 0).total();
}

std::uint64_t weight_bytes_per_token(const CatalogModel& model, const CatalogPrecision& precision) {
  if (!is_text_decoder(model)) return weight_bytes(model, precision);
  const CatalogDecoder& d = *model.decoder;
  WeightBytes w = decoder_weights(model, precision, {d.layers, false}, 0);
  scale(w, exact_file_bytes(model, precision));
  std::uint64_t read = w.layers_cpu + (d.tied_embeddings ? w.embedding : w.output);
  if (d.moe && d.moe->experts > 0)
    read += static_cast<std::uint64_t>(static_cast<double>(w.experts_cpu) * static_cast<double>(d.moe->active_experts) /
                                       static_cast<double>(d.moe->experts));
  return read;
}

std::uint64_t kv_bytes_read_per_token(const CatalogModel& model, const CatalogPrecision* kv_precision,
                                      std::uint64_t context_length) {
  if (!model.decoder) return 0;
  const CatalogDecoder& d = *model.decoder;
  std::uint64_t bytes = 0;
  for (const char kind : d.layer_kinds) {
    const bool windowed = (kind == 'W' || kind == 'w') && d.window;
    // A layer that shares an earlier one's cache reads it all the same.
    const char own = kind == 'f' ? 'F' : kind == 'w' ? 'W' : kind;
    bytes += cached_bytes(kv_precision, cached_values(d, own)) *
             (windowed ? std::min(context_length, *d.window) : context_length);
    if (kind == 'R' || kind == 'P') bytes += recurrent_bytes_per_user(d);
  }
  return bytes;
}

}  // namespace hearth
