// A loaded GGUF: its facts, its tokenizer, its contexts and adapters.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include "hearth/sdk/text.h"
#include "llama_handles.h"
#include "memory_ledger.h"
#include "parameters.h"

namespace hearth::llama {

class LlamaContext;
class LlamaModel;

// A LoRA adapter of one model.
class LlamaAdapter final : public sdk::Adapter {
 public:
  LlamaAdapter(AdapterHandle handle, LlamaModel& model, std::uint64_t bytes);
  ~LlamaAdapter() override;
  [[nodiscard]] llama_adapter_lora* get() const { return handle_.get(); }

 private:
  AdapterHandle handle_;
  LlamaModel& model_;  // outlives it: the SDK's handle keeps both
  std::uint64_t bytes_;
};

// Thread-safe: llama.cpp's model is read-only once loaded; the lists of what was made from it are locked here.
class LlamaModel final : public sdk::TextModel {
 public:
  // Throws as load_model does, UNAVAILABLE for a device that is not there, CANCELLED or DEADLINE_EXCEEDED.
  LlamaModel(const sdk::Host& host, const sdk::LoadOptions& options, const sdk::CallGuard& call);
  ~LlamaModel() override;

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] sdk::TextInfo info() const override;
  [[nodiscard]] std::optional<std::string> metadata(std::string_view key) const override;
  [[nodiscard]] std::vector<sdk::Token> tokenize(std::string_view text, bool add_special,
                                                 bool parse_special) const override;
  [[nodiscard]] std::string token_bytes(sdk::Token token, bool special) const override;
  [[nodiscard]] std::uint32_t token_attributes(sdk::Token token) const override;
  [[nodiscard]] std::unique_ptr<sdk::TextContext> new_context(const sdk::TextOptions& options) override;
  [[nodiscard]] std::unique_ptr<sdk::Adapter> load_adapter(const std::string& path) override;

  [[nodiscard]] llama_model* get() const { return model_.get(); }
  [[nodiscard]] const sdk::Host& host() const { return host_; }
  // Whether a sequence that was trimmed inside needs cells that a sliding window has dropped.
  [[nodiscard]] bool drops_cells() const { return llama_model_n_swa(get()) > 0 && !defaults_.swa_full; }

  void add(const LlamaContext* context);
  void remove(const LlamaContext* context);
  void add_adapter_bytes(std::uint64_t bytes) { adapter_bytes_ += bytes; }
  void remove_adapter_bytes(std::uint64_t bytes) { adapter_bytes_ -= bytes; }

 private:
  const sdk::Host& host_;
  sdk::LoadOptions options_;
  ContextDefaults defaults_;
  bool vocab_only_ = false;
  ModelHandle model_;
  const llama_vocab* vocab_ = nullptr;
  sdk::MemoryItems weights_;  // constant after construction
  std::mutex adapter_gate_;   // llama.cpp keeps a list of adapters in the model
  std::atomic<std::uint64_t> adapter_bytes_{0};
  mutable std::mutex contexts_gate_;
  std::set<const LlamaContext*> contexts_;
};

}  // namespace hearth::llama
