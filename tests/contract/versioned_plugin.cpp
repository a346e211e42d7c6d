// A plugin whose tables are those of another version than the host's: one HEARTH_VERSION_* a build.
// Its model counts: after a token t the largest logit is t + 1.
#include <memory>
#include <vector>

#include "hearth/sdk/plugin.h"

namespace {

namespace sdk = hearth::sdk;
constexpr std::uint32_t kVocabulary = 300;

class CountingContext final : public sdk::TextContext {
 public:
  explicit CountingContext(const sdk::TextOptions& options) : granted_(options), lengths_(options.n_seq_max) {}
  sdk::TextOptions granted() const override { return granted_; }
  sdk::Rows decode(std::span<const sdk::BatchEntry> batch, const sdk::CallGuard& /*call*/) override {
    row_.assign(kVocabulary, 0.0F);
    row_[static_cast<std::size_t>(batch.back().token + 1) % kVocabulary] = 1.0F;
    lengths_[static_cast<std::size_t>(batch.back().sequence)] = batch.back().position + 1;
    return {row_.data(), 1, kVocabulary};
  }
  void trim(std::int32_t /*sequence*/, std::int32_t /*p0*/, std::int32_t /*p1*/) override {}
  sdk::Range range(std::int32_t sequence) const override {
    return {0, lengths_[static_cast<std::size_t>(sequence)] - 1};
  }

 private:
  sdk::TextOptions granted_;
  std::vector<std::int32_t> lengths_;
  std::vector<float> row_;
};

class CountingModel final : public sdk::TextModel {
 public:
  sdk::MemoryItems placement() const override { return {{"cpu", "CPU", HEARTH_MEM_WEIGHTS, 1, 0}}; }
  sdk::TextInfo info() const override { return {.n_vocab = kVocabulary, .n_ctx_train = 64, .n_embd = 1, .n_layer = 1}; }
  std::vector<sdk::Token> tokenize(std::string_view text, bool /*add*/, bool /*parse*/) const override {
    return {text.begin(), text.end()};
  }
  std::string token_bytes(sdk::Token token, bool /*special*/) const override {
    return std::string(1, static_cast<char>(token));
  }
  std::unique_ptr<sdk::TextContext> new_context(const sdk::TextOptions& options) override {
    return std::make_unique<CountingContext>(options);
  }
};

class CountingRuntime final : public sdk::Runtime {
 public:
  explicit CountingRuntime(const sdk::Host& /*host*/) {}
  sdk::Description describe() const override {
    return {.name = "counting", .version = "1", .formats = {"any"}, .devices = {{.id = "cpu"}}};
  }
  sdk::MemoryItems estimate(const sdk::LoadOptions& /*load*/, const sdk::TextOptions& /*text*/) const override {
    return CountingModel().placement();
  }
  std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& /*options*/, const sdk::CallGuard& /*call*/) override {
    return std::make_shared<CountingModel>();
  }
};

// A table as a newer plugin has it: fields behind those that this host knows.
template <class Table>
struct Grown {
  Table known;
  void* unknown[4] = {};
};

#ifdef HEARTH_VERSION_OLDER_TEXT
// The text table as it was before sequences could be saved.
const void* older_capability(void* self, hearth_str id, std::uint32_t major) {
  const auto* now = static_cast<const hearth_text*>(sdk::plugin_table::capability(self, id, major));
  if (now == nullptr) return nullptr;
  static hearth_text older = *now;
  older.struct_size = offsetof(hearth_text, sequence_save);
  older.sequence_save = nullptr;
  older.sequence_restore = nullptr;
  older.adapter_load = nullptr;
  older.adapter_free = nullptr;
  older.context_set_adapters = nullptr;
  return &older;
}
#endif

// Makes `table` that of another version.
void disguise([[maybe_unused]] hearth_plugin& table) {
#if defined(HEARTH_VERSION_NEWER)
  table.struct_size = sizeof(Grown<hearth_plugin>);
  table.abi_minor = HEARTH_ABI_MINOR + 7;
#elif defined(HEARTH_VERSION_OLDER_TEXT)
  table.capability = &older_capability;
#elif defined(HEARTH_VERSION_CUT_TABLE)
  table.struct_size = offsetof(hearth_plugin, placement);
#elif defined(HEARTH_VERSION_OTHER_MAJOR)
  table.abi_major = HEARTH_ABI_MAJOR + 1;
#endif
}

}  // namespace

extern "C" HEARTH_PLUGIN_EXPORT hearth_status hearth_plugin_entry(const hearth_host* host, uint32_t abi_major,
                                                                  const hearth_plugin** out) {
#if defined(HEARTH_VERSION_REFUSES)
  return sdk::make_status(HEARTH_UNAVAILABLE, "the vendor's driver is missing; install it");
#elif defined(HEARTH_VERSION_NO_TABLE)
  *out = nullptr;
  return {HEARTH_OK, nullptr, nullptr};
#endif
  const hearth_plugin* plain = nullptr;
  const auto status = sdk::enter<CountingRuntime>(host, abi_major, &plain);
  if (status.code != HEARTH_OK) return status;
  static Grown<hearth_plugin> table;
  table.known = *plain;
  disguise(table.known);
  *out = &table.known;
  return status;
}
