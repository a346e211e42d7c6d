// Sequences of cells on a llama.cpp model: decode, and everything done to a sequence.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "hearth/sdk/text.h"
#include "llama_handles.h"
#include "llama_model.h"
#include "thread_pool.h"

namespace hearth::llama {

// Used by one thread at a time; memory() alone may be called from any.
class LlamaContext final : public sdk::TextContext {
 public:
  LlamaContext(LlamaModel& model, const sdk::TextOptions& options, const ContextDefaults& defaults);
  ~LlamaContext() override;

  [[nodiscard]] sdk::TextOptions granted() const override { return granted_; }
  [[nodiscard]] sdk::Rows decode(std::span<const sdk::BatchEntry> batch, const sdk::CallGuard& call) override;
  void trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) override;
  [[nodiscard]] sdk::Range range(std::int32_t sequence) const override;
  void copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) override;
  void shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) override;
  void save(std::int32_t sequence, const sdk::Writer& out) override;
  void restore(std::int32_t sequence, const sdk::Reader& in) override;
  void set_adapters(std::span<const sdk::ScaledAdapter> adapters) override;

  // Bytes by component, weights apart. While a decode runs: as they were before it.
  [[nodiscard]] sdk::MemoryItems memory() const;

 private:
  [[nodiscard]] llama_memory_t cells() const { return llama_get_memory(context_.get()); }
  void grant(const sdk::TextOptions& options, const llama_context_params& params);
  void check_batch(std::size_t n_tokens) const;
  void fill_batch(std::span<const sdk::BatchEntry> batch);
  void use_threads(std::uint32_t budget);
  void check_status(int status, const std::string& reason, const sdk::CallGuard& call) const;
  [[nodiscard]] sdk::Rows logits_rows(std::span<const sdk::BatchEntry> batch) const;
  [[nodiscard]] sdk::Rows token_embedding_rows(std::span<const sdk::BatchEntry> batch) const;
  [[nodiscard]] sdk::Rows pooled_rows(std::span<const sdk::BatchEntry> batch);
  [[nodiscard]] std::string state_layout() const;

  LlamaModel& model_;  // outlives it: the SDK's handle keeps both
  sdk::TextOptions granted_;
  bool causal_ = true;
  bool shared_cells_ = false;  // one pool of cells for all sequences
  int n_threads_ = 0;          // as asked for when made
  int n_threads_batch_ = 0;
  ThreadPool pool_;  // before context_, which uses it to its end
  ContextHandle context_;
  sdk::MemoryItems recurrent_;

  // The batch as llama.cpp wants it; sized once so that decode allocates nothing.
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<std::int32_t> sequence_counts_;
  std::vector<llama_seq_id> sequences_;
  std::vector<llama_seq_id*> sequence_pointers_;
  std::vector<std::int8_t> wants_;
  std::vector<float> pooled_;

  const sdk::CallGuard* running_call_ = nullptr;  // asked by ggml between nodes of a graph
  mutable std::mutex state_gate_;                 // held by what may make llama.cpp move its buffers
  mutable std::mutex snapshot_gate_;
  mutable sdk::MemoryItems snapshot_;
  std::uint64_t output_rows_ = 0;  // most rows llama.cpp has held at once; its buffer never shrinks
};

}  // namespace hearth::llama
