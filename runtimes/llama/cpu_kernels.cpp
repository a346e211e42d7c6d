#include "cpu_kernels.h"

#include <dlfcn.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <string_view>
#include <typeinfo>

#include "cpu_attention.h"
#include "cpu_matrix.h"
#include "cpu_matrix_row.h"
#include "ggml_inside.h"

namespace hearth::llama {
namespace {

// The only ggml whose inside is known here. Source: third_party/manifest.json, entry "llama".
constexpr std::string_view kKnownGgml = "0.25.3";
constexpr const char* kRepackName = "CPU_REPACK";
constexpr const char* kRepackClass = "N4ggml3cpu6repack17extra_buffer_typeE";
constexpr const char* kQ4KInEightsClass = "N4ggml3cpu6repack13tensor_traitsI10block_q4_KLl8ELl8EL9ggml_type15EEE";
constexpr const char* kQ4InEightsClass = "N4ggml3cpu6repack13tensor_traitsI10block_q4_0Ll8ELl8EL9ggml_type8EEE";

// What the threads of one operation share, at the beginning of its work buffer.
struct alignas(64) Shared {
  std::atomic<std::int64_t> next{0};
};
constexpr std::int64_t kChunksPerThread = 16;
constexpr std::int64_t kHeadsMax = 64;  // that share a key head; as cpu_attention.cpp lays out its scratch

// Two rows don't pay for unpacking: ggml's own, which goes through the weights once a row, is as fast.
constexpr std::int64_t kRowsForQ6K = 3;

using Barrier = void (*)(ggml_threadpool*);

std::size_t padded(std::size_t bytes) { return (bytes + alignof(Shared) - 1) / alignof(Shared) * alignof(Shared); }

Shared* shared_of(const inside::ComputeParams& params) {
  const auto address = reinterpret_cast<std::uintptr_t>(params.wdata);
  auto* shared = reinterpret_cast<Shared*>((address + alignof(Shared) - 1) / alignof(Shared) * alignof(Shared));
  if (params.ith == 0) new (shared) Shared;  // the others look after the barrier only
  return shared;
}

// Whole matrices of float activations and results, as ggml hands them to its own kernels.
bool is_plain_product(const ggml_tensor* op) {
  const ggml_tensor* w = op->src[0];
  const ggml_tensor* x = op->src[1];
  return w->ne[2] == 1 && w->ne[3] == 1 && w->ne[0] % kBlockValues == 0 && w->ne[1] % kPanelRows == 0 &&
         x->type == GGML_TYPE_F32 && x->ne[2] == 1 && x->ne[3] == 1 && x->nb[0] == sizeof(float) &&
         op->type == GGML_TYPE_F32 && op->nb[0] == sizeof(float);
}

class MatrixKernel final : public inside::TensorTraits {
 public:
  MatrixKernel(WeightLayout layout, Barrier barrier) : layout_(layout), barrier_(barrier) {}

  // Behind what is shared: the quantised activations; behind those of a single row, the same as its product reads them.
  bool work_size(int, const ggml_tensor* op, std::size_t& size) override {
    const std::int64_t depth = op->src[0]->ne[0];
    size = sizeof(Shared) + alignof(Shared) + padded(rows_bytes(op->src[1]->ne[1], depth));
    if (op->src[1]->ne[1] == 1) size += laid_out_bytes(layout_, depth);
    return true;
  }

  bool compute_forward(inside::ComputeParams* params, ggml_tensor* op) override {
    const ggml_tensor* w = op->src[0];
    const ggml_tensor* x = op->src[1];
    Shared* shared = shared_of(*params);
    auto* activations = reinterpret_cast<std::byte*>(shared + 1);
    MatrixProduct product{layout_,
                          static_cast<const std::byte*>(w->data),
                          w->nb[1],
                          w->ne[0],
                          x->ne[1],
                          activations,
                          static_cast<float*>(op->data),
                          static_cast<std::int64_t>(op->nb[1] / sizeof(float))};
    std::byte* laid_out = activations + padded(rows_bytes(1, product.depth));
    const bool single = product.n_rows == 1 && has_row_product(layout_);
    if (single)
      quantise_part(*params, static_cast<const float*>(x->data), product.depth, activations, laid_out);
    else
      quantise_rows(*params, *x, product.depth, activations);
    barrier_(params->threadpool);
    const std::int64_t panels = w->ne[1] / kPanelRows;
    const std::int64_t chunk = std::max<std::int64_t>(1, panels / (params->nth * kChunksPerThread));
    while (true) {
      const std::int64_t first = shared->next.fetch_add(1, std::memory_order_relaxed) * chunk;
      if (first >= panels) return true;
      const std::int64_t end = std::min(first + chunk, panels);
      if (single)
        multiply_row(product, laid_out, first * kPanelRows, end * kPanelRows);
      else
        multiply_panels(product, first * kPanelRows, end * kPanelRows);
    }
  }

 private:
  [[nodiscard]] std::size_t rows_bytes(std::int64_t n_rows, std::int64_t depth) const {
    return static_cast<std::size_t>(n_rows) * activation_bytes(layout_, depth);
  }

  // The thread's rows.
  void quantise_rows(const inside::ComputeParams& params, const ggml_tensor& x, std::int64_t depth,
                     std::byte* out) const {
    for (std::int64_t row = params.ith; row < x.ne[1]; row += params.nth) {
      const auto* at = static_cast<const std::byte*>(x.data) + static_cast<std::size_t>(row) * x.nb[1];
      quantise_row(reinterpret_cast<const float*>(at), depth, layout_, out + rows_bytes(row, depth));
    }
  }

  // The thread's part of a single row.
  void quantise_part(const inside::ComputeParams& params, const float* row, std::int64_t depth, std::byte* out,
                     std::byte* laid_out) const {
    const std::int64_t together = values_laid_out_together(layout_);
    const std::int64_t parts = (depth + together - 1) / together;
    const std::int64_t first = parts * params.ith / params.nth * together;
    const std::int64_t last = std::min(depth, parts * (params.ith + 1) / params.nth * together);
    if (first >= last) return;
    quantise_row(row + first, last - first, layout_, out + activation_bytes(layout_, first));
    lay_out_row(layout_, out, first, last, laid_out);
  }

  const WeightLayout layout_;
  const Barrier barrier_;
};

// Attention to the cells that the mask leaves, without ALiBi, sinks and soft caps.
bool is_plain_attention(const ggml_tensor* op) {
  const ggml_tensor* q = op->src[0];
  const ggml_tensor* k = op->src[1];
  const ggml_tensor* v = op->src[2];
  const ggml_tensor* mask = op->src[3];
  float factors[3];  // scale, largest bias, soft cap
  std::memcpy(factors, op->op_params, sizeof factors);
  const auto is_half = [](const ggml_tensor* t) { return t->type == GGML_TYPE_F16 && t->nb[0] == 2; };
  return factors[1] == 0 && factors[2] == 0 && op->src[4] == nullptr && mask != nullptr && is_half(mask) &&
         mask->ne[2] == 1 && mask->ne[3] == 1 && q->type == GGML_TYPE_F32 && q->nb[0] == sizeof(float) &&
         q->ne[3] == 1 && op->type == GGML_TYPE_F32 && is_half(k) && is_half(v) && attends(k->ne[0]) &&
         v->ne[0] == k->ne[0] && v->ne[2] == k->ne[2] && q->ne[2] % k->ne[2] == 0 && q->ne[2] / k->ne[2] <= kHeadsMax;
}

class AttentionKernel final : public inside::TensorTraits {
 public:
  explicit AttentionKernel(Barrier barrier) : barrier_(barrier) {}

  // Behind what is shared: the cells that each row sees; for each thread those of a group, and its scratch.
  bool work_size(int n_threads, const ggml_tensor* op, std::size_t& size) override {
    const auto threads = static_cast<std::size_t>(n_threads);
    size = sizeof(Shared) + alignof(Shared) + seen_bytes(op) + threads * thread_bytes(op);
    if (op->src[0]->ne[1] == 1) size = std::max(size, ggmls_one_row_bytes(op, threads));
    return true;
  }

  bool compute_forward(inside::ComputeParams* params, ggml_tensor* op) override {
    // One row is shared out by key heads; ggml's own also by cells.
    if (op->src[0]->ne[1] == 1 && op->src[1]->ne[2] % params->nth != 0) return false;
    const Attention attention = attention_of(op);
    Shared* shared = shared_of(*params);
    auto* seen = reinterpret_cast<std::uint64_t*>(shared + 1);
    std::byte* own =
        reinterpret_cast<std::byte*>(seen) + seen_bytes(op) + static_cast<std::size_t>(params->ith) * thread_bytes(op);
    auto* together = reinterpret_cast<std::uint64_t*>(own);
    std::byte* scratch = own + group_bytes(op);
    const std::int64_t words = words_of(attention.n_cells);
    for (std::int64_t row = params->ith; row < attention.n_rows; row += params->nth)
      find_seen(attention, row, seen + row * words);
    barrier_(params->threadpool);
    std::int64_t task = 0;
    std::int64_t mine = shared->next.fetch_add(1, std::memory_order_relaxed);
    for (std::int64_t first = 0; first < attention.n_rows;) {
      const RowGroup group = group_from(attention, seen, first, together);
      for (std::int64_t head = 0; head < attention.n_key_heads; ++head, ++task) {
        if (task != mine) continue;
        attend(attention, seen, group, head, scratch);
        mine = shared->next.fetch_add(1, std::memory_order_relaxed);
      }
      first = group.end;
    }
    return true;
  }

 private:
  // Source: ggml-cpu.c, ggml_graph_plan, GGML_OP_FLASH_ATTN_EXT: the larger of tiles and of parts by cells.
  static std::size_t ggmls_one_row_bytes(const ggml_tensor* op, std::size_t threads) {
    constexpr std::size_t kTile = 64, kLine = 16;
    const auto size = static_cast<std::size_t>(op->src[1]->ne[0]);
    const auto heads = static_cast<std::size_t>(op->src[0]->ne[2]);
    const std::size_t tiles = 4 * kTile * size + 2 * kTile * kTile + kLine;
    const std::size_t parts = 3 * size + kLine + heads * (2 + size);
    return sizeof(float) * threads * (tiles + parts);
  }
  static std::size_t group_bytes(const ggml_tensor* op) {
    return padded(static_cast<std::size_t>(words_of(op->src[1]->ne[1])) * sizeof(std::uint64_t));
  }
  static std::size_t seen_bytes(const ggml_tensor* op) {
    return padded(static_cast<std::size_t>(op->src[0]->ne[1] * words_of(op->src[1]->ne[1])) * sizeof(std::uint64_t));
  }
  static std::size_t thread_bytes(const ggml_tensor* op) {
    return group_bytes(op) + padded(scratch_bytes(op->src[1]->ne[1], op->src[1]->ne[0]));
  }

  static Attention attention_of(ggml_tensor* op) {
    const ggml_tensor* q = op->src[0];
    const ggml_tensor* k = op->src[1];
    const ggml_tensor* v = op->src[2];
    Attention a;
    a.queries = static_cast<const std::byte*>(q->data);
    a.query_row = q->nb[1], a.query_head = q->nb[2];
    a.keys = static_cast<const std::byte*>(k->data);
    a.key_cell = k->nb[1], a.key_head = k->nb[2];
    a.values = static_cast<const std::byte*>(v->data);
    a.value_cell = v->nb[1], a.value_head = v->nb[2];
    a.mask = static_cast<const std::byte*>(op->src[3]->data);
    a.mask_row = op->src[3]->nb[1];
    a.out = static_cast<std::byte*>(op->data);
    a.out_row = op->nb[2], a.out_head = op->nb[1];
    a.n_rows = q->ne[1], a.n_heads = q->ne[2], a.n_key_heads = k->ne[2], a.n_cells = k->ne[1], a.size = k->ne[0];
    std::memcpy(&a.scale, op->op_params, sizeof a.scale);
    return a;
  }

  const Barrier barrier_;
};

// Asked by ggml for every operation on the processor, before its own kernels.
class KernelChoice final : public inside::ExtraBufferType {
 public:
  KernelChoice(inside::ExtraBufferType& ggmls, Barrier barrier)
      : ggmls_(ggmls),
        q4_(WeightLayout::kQ4InEights, barrier),
        q4_k_(WeightLayout::kQ4KInEights, barrier),
        q8_(WeightLayout::kQ8Rows, barrier),
        q5_(WeightLayout::kQ5Rows, barrier),
        q6_k_(WeightLayout::kQ6KRows, barrier),
        attention_(barrier) {}

  bool supports_op(ggml_backend_dev_t device, const ggml_tensor* op) override { return ggmls_.supports_op(device, op); }

  inside::TensorTraits* get_tensor_traits(const ggml_tensor* op) override {
    inside::TensorTraits* ggmls = ggmls_.get_tensor_traits(op);
    if (op->op == GGML_OP_FLASH_ATTN_EXT) return is_plain_attention(op) ? &attention_ : ggmls;
    if (op->op != GGML_OP_MUL_MAT || !is_plain_product(op)) return ggmls;
    const std::int64_t n_rows = op->src[1]->ne[1];
    if (ggmls != nullptr) {
      if (n_rows == 1) return ggmls;  // bound by memory: nothing to gain
      if (is_of(ggmls, q4_traits_, kQ4InEightsClass)) return &q4_;
      return is_of(ggmls, q4_k_traits_, kQ4KInEightsClass) ? &q4_k_ : ggmls;
    }
    const ggml_tensor* w = op->src[0];
    const bool is_rows = w->buffer != nullptr && w->nb[0] == ggml_type_size(w->type) &&
                         ggml_backend_buft_is_host(ggml_backend_buffer_get_type(w->buffer));
    if (!is_rows) return nullptr;
    switch (w->type) {
      case GGML_TYPE_Q5_0: return &q5_;
      case GGML_TYPE_Q6_K: return n_rows == 1 || n_rows >= kRowsForQ6K ? &q6_k_ : nullptr;
      case GGML_TYPE_Q8_0: return &q8_;
      default: return nullptr;
    }
  }

 private:
  using KnownTraits = std::atomic<inside::TensorTraits*>;
  // There is one object for all tensors of a layout: its class is asked for once.
  static bool is_of(inside::TensorTraits* traits, KnownTraits& known, const char* name) {
    if (traits == known.load(std::memory_order_relaxed)) return true;
    if (std::strcmp(typeid(*traits).name(), name) != 0) return false;
    known.store(traits, std::memory_order_relaxed);
    return true;
  }

  inside::ExtraBufferType& ggmls_;
  MatrixKernel q4_;
  MatrixKernel q4_k_;
  MatrixKernel q8_;
  MatrixKernel q5_;
  MatrixKernel q6_k_;
  AttentionKernel attention_;
  KnownTraits q4_traits_{nullptr};
  KnownTraits q4_k_traits_{nullptr};
};

// A function inside the library that holds the processor's backend.
void* function_beside(void* known, const char* name) {
  Dl_info info{};
  if (known == nullptr || dladdr(known, &info) == 0) return nullptr;
  void* library = dlopen(info.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
  if (library == nullptr) return nullptr;
  void* found = dlsym(library, name);
  dlclose(library);  // it stays loaded: somebody else holds it
  return found;
}

ggml_backend_buffer_type_t repack_type(ggml_backend_reg_t registry, ggml_backend_dev_t device) {
  const auto types = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
      ggml_backend_reg_get_proc_address(registry, "ggml_backend_dev_get_extra_bufts"));
  if (types == nullptr) return nullptr;
  for (auto* type = types(device); type != nullptr && *type != nullptr; ++type) {
    if (std::strcmp(ggml_backend_buft_name(*type), kRepackName) == 0) return *type;
  }
  return nullptr;
}

std::atomic<bool> g_in_use{false};  // as ggml's registry: one for the process

const char* put_in() {
  if (!has_matrix_kernels()) return "ggml's kernels: the processor lacks AVX-512 VNNI";
  if (kKnownGgml != ggml_version()) return "ggml's kernels: this is not the ggml that others were made for";
  auto* device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (device == nullptr) return "ggml's kernels: it has no processor";
  auto* registry = ggml_backend_dev_backend_reg(device);
  auto* repack = repack_type(registry, device);
  auto* known = ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
  const auto barrier = reinterpret_cast<Barrier>(function_beside(known, "ggml_barrier"));
  if (repack == nullptr || barrier == nullptr) return "ggml's kernels: its processor backend is built otherwise";
  auto* layout = reinterpret_cast<inside::BufferType*>(repack);
  auto* ggmls = static_cast<inside::ExtraBufferType*>(layout->context);
  if (ggmls == nullptr || std::strcmp(typeid(*ggmls).name(), kRepackClass) != 0)
    return "ggml's kernels: its processor backend is built otherwise";
  static KernelChoice choice(*ggmls, barrier);  // for as long as ggml may ask
  layout->context = static_cast<inside::ExtraBufferType*>(&choice);
  g_in_use.store(true);
  return "own kernels for Q4_0, Q4_K, Q5_0, Q6_K, Q8_0 and attention on AVX-512 VNNI";
}

}  // namespace

const char* use_own_cpu_kernels() {
  static const char* const done = put_in();  // ggml's registry is one for the process
  return done;
}

bool own_kernels_in_use() { return g_in_use.load(); }

}  // namespace hearth::llama
