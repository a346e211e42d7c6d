#include "estimate/memory_cache.h"

#include <fmt/format.h>

#include <algorithm>

namespace hearth {
namespace {

constexpr std::uint64_t kLlamaCells = 256;
constexpr std::uint64_t kPagedBlock = 16;  // Source: vLLM's --block-size, its default on CUDA

std::uint64_t padded(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

bool pads_like_llama(std::string_view runtime) {
  return runtime == "llama" || runtime == "ollama" || runtime == "lm-studio" || runtime == "wllama";
}

std::uint64_t cell_block(std::string_view runtime) {
  if (pads_like_llama(runtime)) return kLlamaCells;
  const bool paged = runtime == "vllm" || runtime == "tensorrt-llm" || runtime == "openvino" || runtime == "ovms";
  return paged ? kPagedBlock : 1;
}

bool ignores_window(const CatalogDecoder& d, std::string_view runtime) {
  return std::find(d.window_ignored_by.begin(), d.window_ignored_by.end(), runtime) != d.window_ignored_by.end();
}

const CatalogHeads* heads_of(const CatalogDecoder& d, char kind) {
  if (!d.attention) return nullptr;
  return (kind == 'F' || kind == 'f') && d.attention->full ? &*d.attention->full : &*d.attention;
}

// llama.cpp wants every head to be a whole number of blocks, and flash attention for quantised values.
Status check_types(const CacheQuery& query) {
  const auto* type = query.precision;
  if (type == nullptr || !type->block || type->block->weights <= 1 || !pads_like_llama(query.runtime)) return {};
  const CatalogDecoder& d = *query.model->decoder;
  const std::uint64_t block = type->block->weights;
  for (const char kind : {'F', 'W'}) {
    const CatalogHeads* heads = heads_of(d, kind);
    const std::uint64_t key = d.mla ? d.mla->kv_rank + d.mla->rope_dim : heads ? heads->key_dim : 0;
    const std::uint64_t value = d.mla || heads == nullptr ? 0 : heads->value_dim;
    for (const std::uint64_t dim : {key, value})
      if (dim % block != 0)
        return fail(ErrorCode::kUnsupported,
                    fmt::format("a cache of {} needs heads of a multiple of {} values, those of {} have {}", type->name,
                                block, query.model->name, dim),
                    "take --kv-type f16");
  }
  if (!query.flash_attention && d.attention && !d.mla)
    return fail(ErrorCode::kUnsupported, fmt::format("a cache of {} needs flash attention for its values", type->name),
                "switch flash attention on, or take --kv-type f16");
  return {};
}

}  // namespace

std::uint64_t cached_bytes(const CatalogPrecision* precision, std::uint64_t values) {
  if (precision == nullptr) return values * 2;
  if (precision->block && precision->block->weights > 0)
    return (values + precision->block->weights - 1) / precision->block->weights * precision->block->bytes;
  return static_cast<std::uint64_t>(static_cast<double>(values) * precision->bits_per_weight / 8);
}

std::uint64_t cached_values(const CatalogDecoder& d, char kind) {
  if (std::string_view("FWPX").find(kind) == std::string_view::npos) return 0;
  if (d.mla) return d.mla->kv_rank + d.mla->rope_dim;
  const CatalogHeads* heads = heads_of(d, kind);
  return heads == nullptr ? 0 : heads->kv_heads * (heads->key_dim + heads->value_dim);
}

// Source: llama.cpp 0.5, llama-hparams.cpp (n_embd_r, n_embd_s); kept in F32.
std::uint64_t recurrent_bytes_per_user(const CatalogDecoder& d) {
  if (!d.recurrent) return 0;
  const CatalogRecurrence& r = *d.recurrent;
  if (r.kind == "rwkv7") return (r.n_heads * r.d_state * r.d_state + 2 * d.hidden) * 4;
  const std::uint64_t steps = r.d_conv > 0 ? r.d_conv - 1 : 0;
  if (r.kind == "short_conv") return steps * r.d_inner * 4;
  const std::uint64_t conv = steps * (r.d_inner + 2 * r.n_group * r.d_state);
  return (conv + r.d_inner * r.d_state) * 4;
}

CacheCells cache_cells(const CacheQuery& query) {
  const CatalogDecoder& d = *query.model->decoder;
  const std::uint64_t block = cell_block(query.runtime);
  const std::uint64_t users = query.users;
  const bool one_pool = pads_like_llama(query.runtime) && query.unified;
  CacheCells cells;
  cells.full = one_pool ? padded(query.context_length * users, block) : padded(query.context_length, block) * users;
  cells.windowed = cells.full;
  if (!d.window || ignores_window(d, query.runtime)) return cells;
  if (one_pool) {
    cells.windowed = std::min(cells.full, padded(*d.window * users + query.micro_batch, block));
  } else {
    const std::uint64_t batch = pads_like_llama(query.runtime) ? query.micro_batch : 0;
    cells.windowed = std::min(cells.full, padded(*d.window + batch, block) * users);
  }
  return cells;
}

Result<CacheBytes> cache_bytes(const CacheQuery& query) {
  const CatalogDecoder& d = *query.model->decoder;
  HEARTH_TRY(check_types(query));
  const CacheCells cells = cache_cells(query);
  const std::uint64_t state = recurrent_bytes_per_user(d) * query.users;
  CacheBytes sums;
  for (std::uint64_t layer = 0; layer < d.layer_kinds.size(); ++layer) {
    const char kind = d.layer_kinds[layer];
    const bool on_cpu = layer < query.first_device_layer;
    const std::uint64_t kept = kind == 'W' ? cells.windowed : cells.full;
    (on_cpu ? sums.kv_cpu : sums.kv_device) += cached_bytes(query.precision, cached_values(d, kind)) * kept;
    if (kind == 'R' || kind == 'P') (on_cpu ? sums.recurrent_cpu : sums.recurrent_device) += state;
  }
  return sums;
}

}  // namespace hearth
