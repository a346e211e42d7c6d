// Runtimes as the rest of Hearth sees them: typed C++ over the plugin tables, the same whether the tables come from a
// library in this process or from a worker process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_bounds.h"
#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "domain/token_event.h"
#include "hearth/abi/hearth_plugin.h"
#include "hearth/result.h"

namespace hearth {

// Keeps the library or the worker alive that `table` belongs to. Implementations: plugin_library, worker_client.
class PluginSource {
 public:
  virtual ~PluginSource() = default;
  [[nodiscard]] virtual const hearth_plugin* table() const = 0;
  // The process id of the worker, or 0 when the plugin runs in this process.
  [[nodiscard]] virtual int worker_pid() const { return 0; }
  // Ends the worker at once, whatever it does; whoever waits for it gets kWorkerCrashed with `why`. False when the
  // plugin runs in this process. Thread-safe.
  virtual bool end_worker(const std::string& /*why*/) { return false; }
};

class TextModel;
class TextContext;
class Adapter;

// A loaded model. Thread-safe. Everything made from it keeps it alive.
class Model {
 public:
  Model(std::shared_ptr<PluginSource> source, hearth_model* handle);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] Result<MemoryBreakdown> placement() const;
  [[nodiscard]] Result<MemoryBreakdown> memory_now() const;
  [[nodiscard]] hearth_model* handle() const { return handle_; }
  [[nodiscard]] const std::shared_ptr<PluginSource>& source() const { return source_; }

 private:
  std::shared_ptr<PluginSource> source_;  // shared: models, contexts and the host's registry each keep it loaded
  hearth_model* handle_;
};

// One runtime plugin. Thread-safe.
class Runtime {
 public:
  explicit Runtime(std::shared_ptr<PluginSource> source);

  [[nodiscard]] Result<RuntimeInfo> describe() const;
  [[nodiscard]] Result<RuntimeScore> score() const;
  [[nodiscard]] Result<MemoryBreakdown> estimate(const LoadOptions& load, const TextOptions& text) const;
  // The same of a tensor graph; see estimate_tensor_model.
  [[nodiscard]] Result<MemoryBreakdown> estimate_tensors(const LoadOptions& load, const TensorOptions& options) const;
  [[nodiscard]] Result<std::shared_ptr<Model>> load(const LoadOptions& options, const CallBounds& bounds = {}) const;
  // Null when the plugin lacks it; borrowed, lives as long as the source.
  [[nodiscard]] const void* capability(std::string_view id, std::uint32_t major) const;
  [[nodiscard]] int worker_pid() const { return source_->worker_pid(); }

 private:
  std::shared_ptr<PluginSource> source_;
};

struct TextInfo {
  std::uint32_t n_vocab = 0;
  std::uint32_t n_ctx_train = 0;
  std::uint32_t n_embd = 0;
  std::uint32_t n_layer = 0;
  Token bos = HEARTH_TOKEN_NONE, eos = HEARTH_TOKEN_NONE, eot = HEARTH_TOKEN_NONE, pad = HEARTH_TOKEN_NONE;
  bool add_bos = false;
  bool add_eos = false;
  std::uint64_t n_params = 0;
  std::uint64_t n_bytes = 0;
  bool is_recurrent = false;
  bool has_encoder = false;
  std::uint32_t n_swa = 0;
};

// One token of a vocabulary; its texts are borrowed for the call that hands it over.
struct TokenRow {
  Token token = 0;
  std::uint32_t attributes = 0;  // HEARTH_TOKEN_* bits
  std::string_view bytes;        // empty for control tokens
  std::string_view written;      // control tokens spelled out
};

// One entry of a decode batch.
struct BatchEntry {
  Token token = 0;
  std::int32_t position = 0;
  std::int32_t sequence = 0;
  bool wants_output = false;
};

// Rows of the last decode, borrowed from the context until its next decode. Row-major [n_rows, row_size] float32.
struct RowsView {
  const float* data = nullptr;
  std::uint32_t n_rows = 0;
  std::uint32_t row_size = 0;
  [[nodiscard]] std::span<const float> row(std::uint32_t i) const {
    return {data + std::size_t{i} * row_size, row_size};
  }
};

// The `text` capability of a loaded model. Thread-safe.
class TextModel {
 public:
  // kUnsupported when the runtime has no text table.
  static Result<std::shared_ptr<TextModel>> from(std::shared_ptr<Model> model);
  TextModel(std::shared_ptr<Model> model, const hearth_text* table) : model_(std::move(model)), table_(table) {}

  [[nodiscard]] Result<TextInfo> info() const;
  [[nodiscard]] Result<std::string> metadata(std::string_view key) const;
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text, bool add_special, bool parse_special) const;
  // May end inside a UTF-8 character.
  [[nodiscard]] Result<std::string> token_bytes(Token token, bool special = false) const;
  [[nodiscard]] Result<std::uint32_t> token_attributes(Token token) const;
  // Every token of the vocabulary, in order and once each: one call where the plugin has it, else three a token.
  // kInvalidData where the plugin leaves tokens out.
  [[nodiscard]] Status token_table(const std::function<void(const TokenRow&)>& receive) const;
  [[nodiscard]] Result<std::unique_ptr<TextContext>> new_context(const TextOptions& options) const;
  [[nodiscard]] Result<std::shared_ptr<Adapter>> load_adapter(const std::string& path) const;

  [[nodiscard]] const std::shared_ptr<Model>& model() const { return model_; }
  [[nodiscard]] const hearth_text* table() const { return table_; }

 private:
  [[nodiscard]] Status token_table_singly(std::uint32_t n_vocab,
                                          const std::function<void(const TokenRow&)>& receive) const;

  std::shared_ptr<Model> model_;
  const hearth_text* table_;
};

// A LoRA adapter of one model. Must be in no context when the last reference goes.
class Adapter {
 public:
  Adapter(std::shared_ptr<Model> model, const hearth_text* table, hearth_adapter* handle)
      : model_(std::move(model)), table_(table), handle_(handle) {}
  ~Adapter() { table_->adapter_free(handle_); }
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  [[nodiscard]] hearth_adapter* handle() const { return handle_; }

 private:
  std::shared_ptr<Model> model_;
  const hearth_text* table_;
  hearth_adapter* handle_;
};

struct ScaledAdapter {
  std::shared_ptr<Adapter> adapter;
  float scale = 1.0F;
};

struct SequenceRange {
  std::int32_t first = 0;
  std::int32_t last = -1;
  [[nodiscard]] bool empty() const { return first > last; }
};

// Sequences of cells on a model. Externally synchronised: one thread at a time.
class TextContext {
 public:
  TextContext(std::shared_ptr<Model> model, const hearth_text* table, hearth_text_context* handle)
      : model_(std::move(model)), table_(table), handle_(handle) {}
  ~TextContext() { table_->context_free(handle_); }
  TextContext(const TextContext&) = delete;
  TextContext& operator=(const TextContext&) = delete;

  [[nodiscard]] Result<TextOptions> granted() const;
  // See hearth_text::decode for what each error leaves behind.
  [[nodiscard]] Result<RowsView> decode(std::span<const BatchEntry> batch, const CallBounds& bounds = {});

  // Positions [p0, p1); negative means open-ended. See hearth_text.
  [[nodiscard]] Status trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1);
  [[nodiscard]] Status copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1);
  [[nodiscard]] Status shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta);
  [[nodiscard]] Result<SequenceRange> range(std::int32_t sequence) const;
  // write returns false to stop.
  [[nodiscard]] Status save(std::int32_t sequence, const std::function<bool(std::span<const std::byte>)>& write) const;
  // read fills up to the span's size and returns how much; 0 at the end.
  [[nodiscard]] Status restore(std::int32_t sequence, const std::function<std::size_t(std::span<std::byte>)>& read);
  // The whole set; empty clears it. Adapters are kept alive while set.
  [[nodiscard]] Status set_adapters(std::vector<ScaledAdapter> adapters);

 private:
  std::shared_ptr<Model> model_;
  const hearth_text* table_;
  hearth_text_context* handle_;
  std::vector<ScaledAdapter> adapters_;
  std::vector<Token> tokens_;  // scratch of decode, kept to allocate nothing in the steady state
  std::vector<std::int32_t> positions_;
  std::vector<std::int32_t> sequences_;
  std::vector<std::uint8_t> wants_;
};

}  // namespace hearth
