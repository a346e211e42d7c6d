#include "estimate/memory_compute.h"

#include <algorithm>

namespace hearth {
namespace {

constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kInputsPerToken = 28;  // ids, positions, output rows, cells of keys and of values

// Values live at once for one token in the widest stage of a layer.
struct StageWidths {
  std::uint64_t feed_forward = 0, attention = 0, recurrence = 0;
};

StageWidths stage_widths(const CatalogDecoder& d) {
  StageWidths w;
  const std::uint64_t h = d.hidden;
  std::uint64_t ffn = d.ffn_size;
  for (const std::uint64_t size : d.ffn_sizes) ffn = std::max(ffn, size);
  w.feed_forward = (d.ffn_gated ? 3 : 2) * ffn + 3 * h;
  if (d.moe) {
    const CatalogExperts& moe = *d.moe;
    const std::uint64_t routed = moe.active_experts * (3 * moe.expert_size + h) + 2 * h;
    w.feed_forward = std::max(w.feed_forward, routed + (moe.shared_size > 0 ? h : 0));
  }
  if (d.mla && d.attention)
    w.attention = d.attention->heads * (3 * d.mla->kv_rank + 2 * d.mla->rope_dim + d.mla->value_dim) + 3 * h;
  else if (d.attention)
    w.attention = 2 * d.attention->heads * d.attention->key_dim +
                  2 * d.attention->kv_heads * (d.attention->key_dim + d.attention->value_dim) + 3 * h;
  if (d.recurrent) {
    const CatalogRecurrence& r = *d.recurrent;
    const std::uint64_t mixed = r.d_inner + 2 * r.n_group * r.d_state;
    w.recurrence = (r.d_inner + mixed + r.n_heads) + 2 * mixed + 2 * r.d_inner + 3 * h;
  }
  return w;
}

}  // namespace

std::uint64_t decoder_compute_bytes(const CacheQuery& query) {
  const CatalogDecoder& d = *query.model->decoder;
  const CacheCells cells = cache_cells(query);
  const bool windowed = d.window && cells.windowed < cells.full;
  const std::uint64_t context = query.context_length * query.users;
  const std::uint64_t batch = std::min<std::uint64_t>(std::max<std::uint64_t>(query.micro_batch, query.users),
                                                      std::max<std::uint64_t>(context, 1));
  const bool attends = d.attention.has_value() || d.mla.has_value();
  const std::uint64_t mask_cells = attends ? cells.full + (windowed ? cells.windowed : 0) : 0;
  const std::uint64_t mask = mask_cells * batch * (query.flash_attention ? 2 : kFloat);
  const StageWidths w = stage_widths(d);

  std::uint64_t at_logits = d.vocab + 2 * d.hidden;
  // Holes that the wider tensors of latent attention leave.
  if (d.mla && d.attention && cells.full > batch)
    at_logits += 2 * d.attention->heads * (d.mla->kv_rank + d.mla->rope_dim);
  const std::uint64_t logits = batch * (at_logits * kFloat + kFloat);

  std::uint64_t layer = batch * (std::max(w.feed_forward, w.attention) * kFloat + kInputsPerToken) + mask;
  if (attends && !query.flash_attention && d.attention) {
    const std::uint64_t scores = d.attention->heads * cells.full * batch * kFloat;
    const std::uint64_t value_cells = d.attention->kv_heads * d.attention->value_dim * 8;
    layer = std::max(layer, mask + scores + batch * (5 * d.hidden * kFloat + value_cells + 20));
  }
  if (d.recurrent)
    layer = std::max(
        layer, mask + batch * (w.recurrence * kFloat + kInputsPerToken) + recurrent_bytes_per_user(d) * query.users);
  return std::max(logits, layer);
}

std::uint64_t encoder_compute_bytes(const CatalogEncoder& e, std::uint64_t tokens) {
  // Residual, normed, queries, keys, values and the wider half of the feed-forward, and one score matrix a head.
  return tokens * (5 * e.hidden + 2 * e.ffn) * kFloat + e.heads * tokens * tokens * kFloat;
}

std::uint64_t vision_compute_bytes(const CatalogVision& v) {
  const std::uint64_t pixels = v.image_size * v.image_size * 3 * kFloat;
  if (!v.layers || !v.hidden || !v.patch || *v.patch == 0) return pixels + 8 * pixels;  // a CNN's first maps
  CatalogEncoder tower;
  tower.hidden = *v.hidden;
  tower.heads = v.heads.value_or(1);
  tower.ffn = v.ffn.value_or(4 * *v.hidden);
  const std::uint64_t side = v.image_size / *v.patch;
  return pixels + encoder_compute_bytes(tower, side * side);
}

std::uint64_t graph_compute_bytes(const CatalogModel& model, std::uint32_t batch) {
  // The two largest maps of a convolutional net live at once: the stem's output has a quarter of the input's pixels
  // and 16 to 64 channels, so about eight times the input's values, twice. Nets of more work keep wider maps; they grow
  // with its square root.
  std::uint64_t input = 1;
  if (!model.graph || model.graph->input.empty()) return 0;
  for (const std::uint64_t side : model.graph->input) input *= std::max<std::uint64_t>(side, 1);
  const double work = model.graph->gflops.value_or(1.0) * (model.graph->one_flop_per_multiply_add ? 2 : 1);
  double width = 1;
  for (double left = work / 8; left > 1 && width < 8; left /= 4) width *= 2;
  return static_cast<std::uint64_t>(static_cast<double>(input) * kFloat * (1 + 16 * width)) * batch;
}

}  // namespace hearth
