#include "llama_context.h"

#include <algorithm>
#include <cstring>

#include "llama_call.h"

namespace hearth::llama {

LlamaContext::LlamaContext(LlamaModel& model, const sdk::TextOptions& options, const ContextDefaults& defaults)
    : model_(model) {
  auto params = context_parameters(options, defaults);
  // Asked between the nodes of a graph on the processor; a GPU finishes the graph it has.
  params.abort_callback = [](void* user) {
    const auto* call = static_cast<LlamaContext*>(user)->running_call_;
    return call != nullptr && call->should_stop();
  };
  params.abort_callback_data = this;
  n_threads_ = params.n_threads;
  n_threads_batch_ = params.n_threads_batch;
  pool_ = make_thread_pool(std::max(n_threads_, n_threads_batch_));
  context_ = make_context(model.get(), params);
  if (pool_) llama_attach_threadpool(context_.get(), pool_.get(), nullptr);
  const CallScope scope(OnAbort::kThrow);
  recurrent_ = recurrent_state(context_.get());
  grant(options, params);
  output_rows_ = granted_.n_seq_max;

  const std::size_t n = granted_.n_batch;
  tokens_.resize(n);
  positions_.resize(n);
  sequence_counts_.assign(n, 1);
  sequences_.resize(n);
  for (auto& sequence : sequences_) sequence_pointers_.push_back(&sequence);
  wants_.resize(n);
  model_.add(this);
}

LlamaContext::~LlamaContext() { model_.remove(this); }

void LlamaContext::grant(const sdk::TextOptions& options, const llama_context_params& params) {
  auto* context = context_.get();
  causal_ = llama_get_causal_attn(context);
  shared_cells_ = params.kv_unified;
  granted_ = options;
  granted_.n_ctx = llama_n_ctx(context);
  granted_.n_seq_max = llama_n_seq_max(context);
  granted_.n_batch = llama_n_batch(context);
  granted_.n_ubatch = llama_n_ubatch(context);
  granted_.n_threads = static_cast<std::uint32_t>(n_threads_);
  granted_.n_threads_batch = static_cast<std::uint32_t>(n_threads_batch_);
  granted_.unified_kv = shared_cells_ ? sdk::Toggle::kOn : sdk::Toggle::kOff;
  if (options.embeddings) granted_.pooling = pooling_name(llama_pooling_type(context));
}

sdk::MemoryItems LlamaContext::memory() const {
  const std::unique_lock running(state_gate_, std::try_to_lock);
  const std::lock_guard lock(snapshot_gate_);
  if (!running.owns_lock() && !snapshot_.empty()) return snapshot_;
  snapshot_ = context_memory(context_.get(), recurrent_).state;
  snapshot_.push_back(output_memory(context_.get(), granted_.embeddings, output_rows_));
  return snapshot_;
}

void LlamaContext::check_batch(std::size_t n_tokens) const {
  // llama.cpp ends the process over these: what sees all of a text at once, or pools it, computes it in one piece.
  const bool in_one_piece = !causal_ || cells() == nullptr ||
                            (granted_.embeddings && llama_pooling_type(context_.get()) != LLAMA_POOLING_TYPE_NONE);
  if (in_one_piece && n_tokens > granted_.n_ubatch) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                     "the batch has " + std::to_string(n_tokens) +
                         " tokens and this model computes a text in one piece of at most n_ubatch = " +
                         std::to_string(granted_.n_ubatch) +
                         "; split the text or make the context with a larger n_ubatch");
  }
}

void LlamaContext::fill_batch(std::span<const sdk::BatchEntry> batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    tokens_[i] = batch[i].token;
    positions_[i] = batch[i].position;
    sequences_[i] = batch[i].sequence;
    wants_[i] =
        batch[i].wants_output || granted_.embeddings ? 1 : 0;  // llama.cpp outputs all or nothing for embeddings
  }
}

void LlamaContext::use_threads(std::uint32_t budget) {
  const auto limited = [budget](int n) {
    return budget == 0 ? n : std::min(n, static_cast<int>(std::min<std::uint32_t>(budget, GGML_MAX_N_THREADS)));
  };
  auto* context = context_.get();
  if (llama_n_threads(context) != limited(n_threads_) || llama_n_threads_batch(context) != limited(n_threads_batch_)) {
    llama_set_n_threads(context, limited(n_threads_), limited(n_threads_batch_));
  }
}

void LlamaContext::check_status(int status, const std::string& reason, const sdk::CallGuard& call) const {
  switch (status) {
    case 0: return;
    case 1:
      throw sdk::Error(
          HEARTH_OUT_OF_MEMORY,
          "the context of " + std::to_string(granted_.n_ctx) +
              " tokens has no cells left for this batch; end or trim a sequence, or make a larger context");
    case 2: call.check("decoding"); throw sdk::Error(HEARTH_CANCELLED, "decoding was cancelled by the caller");
    case -1:
      throw sdk::Error(HEARTH_INVALID_ARGUMENT, "llama.cpp refused the batch (" + reason +
                                                    "); send positions that go on where the sequence ends");
    case -2:
      throw sdk::Error(HEARTH_OUT_OF_MEMORY,
                       "no memory to compute the batch (" + reason + "); take a smaller n_ubatch or context");
    default: throw sdk::Error(HEARTH_INTERNAL, "llama.cpp failed to compute the batch (" + reason + ")");
  }
}

sdk::Rows LlamaContext::decode(std::span<const sdk::BatchEntry> batch, const sdk::CallGuard& call) {
  check_batch(batch.size());
  const std::lock_guard lock(state_gate_);
  fill_batch(batch);
  use_threads(call.n_threads());
  const auto n = static_cast<std::int32_t>(batch.size());
  const CallScope scope(OnAbort::kEndProcess);
  running_call_ = &call;
  const int status = llama_decode(context_.get(), {n, tokens_.data(), nullptr, positions_.data(),
                                                   sequence_counts_.data(), sequence_pointers_.data(), wants_.data()});
  running_call_ = nullptr;
  check_status(status, scope.reason(), call);
  if (!granted_.embeddings) return logits_rows(batch);
  output_rows_ = std::max<std::uint64_t>(output_rows_, batch.size());
  return llama_pooling_type(context_.get()) == LLAMA_POOLING_TYPE_NONE ? token_embedding_rows(batch)
                                                                       : pooled_rows(batch);
}

// llama.cpp's own buffer: it holds the rows asked for, in the order of the batch.
sdk::Rows LlamaContext::logits_rows(std::span<const sdk::BatchEntry> batch) const {
  const auto n_rows = static_cast<std::uint32_t>(std::ranges::count(batch, true, &sdk::BatchEntry::wants_output));
  if (n_rows == 0) return {};
  const auto n_vocab = static_cast<std::uint32_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_.get())));
  return {llama_get_logits(context_.get()), n_rows, n_vocab};
}

// llama.cpp's own buffer, in which rows that nobody asked for are overwritten by the later ones.
sdk::Rows LlamaContext::token_embedding_rows(std::span<const sdk::BatchEntry> batch) const {
  const auto size = static_cast<std::size_t>(llama_model_n_embd_out(model_.get()));
  float* rows = llama_get_embeddings(context_.get());
  if (rows == nullptr) throw sdk::Error(HEARTH_UNSUPPORTED, "this model gives no embeddings; take an embedding model");
  std::uint32_t n_rows = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!batch[i].wants_output) continue;
    if (n_rows != i) std::memmove(rows + n_rows * size, rows + i * size, size * sizeof(float));
    ++n_rows;
  }
  return {rows, n_rows, static_cast<std::uint32_t>(size)};
}

// One row an entry that wanted one: what its whole sequence was pooled to.
sdk::Rows LlamaContext::pooled_rows(std::span<const sdk::BatchEntry> batch) {
  const bool is_rank = llama_pooling_type(context_.get()) == LLAMA_POOLING_TYPE_RANK;
  const auto size = is_rank ? std::size_t{llama_model_n_cls_out(model_.get())}
                            : static_cast<std::size_t>(llama_model_n_embd_out(model_.get()));
  pooled_.clear();
  std::uint32_t n_rows = 0;
  for (const auto& entry : batch) {
    if (!entry.wants_output) continue;
    const float* row = llama_get_embeddings_seq(context_.get(), entry.sequence);
    if (row == nullptr)
      throw sdk::Error(HEARTH_UNSUPPORTED, "this model gives no pooled embeddings; take an embedding model");
    pooled_.insert(pooled_.end(), row, row + size);
    ++n_rows;
  }
  return {pooled_.data(), n_rows, static_cast<std::uint32_t>(size)};
}

void LlamaContext::set_adapters(std::span<const sdk::ScaledAdapter> adapters) {
  std::vector<llama_adapter_lora*> handles;
  std::vector<float> scales;
  for (const auto& each : adapters) {
    handles.push_back(static_cast<const LlamaAdapter&>(*each.adapter).get());
    scales.push_back(each.scale);
  }
  const std::lock_guard lock(state_gate_);
  const CallScope scope(OnAbort::kEndProcess);
  if (llama_set_adapters_lora(context_.get(), handles.data(), handles.size(), scales.data()) != 0) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "llama.cpp refused the adapters (" + scope.reason() + ")");
  }
}

}  // namespace hearth::llama
