// The engine as servers and commands see it: models by name, requests in, events out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "engine/kv_cache_facts.h"
#include "engine/text_request.h"
#include "plugin_host/runtime.h"
#include "schedule/reservation_book.h"

namespace hearth {

enum class ModelState { kAbsent, kLoading, kResident, kDraining, kFailed };
[[nodiscard]] std::string_view to_string(ModelState state);

// What a model is run as: tokens in and out, named tensors, or sound in and words out.
enum class ModelKind { kText, kTensor, kSpeech };
[[nodiscard]] std::string_view to_string(ModelKind kind);  // "text", "tensor", "speech"

struct AdapterFacts {
  std::string name;
  std::string path;
  bool loaded = false;
};

// What is known of a model without loading it, and more when it is loaded.
struct ModelFacts {
  std::string name;
  ModelKind kind = ModelKind::kText;
  std::vector<std::string> aliases;
  std::string path;
  std::uint64_t file_bytes = 0;
  std::int64_t created_unix = 0;  // the file's time
  std::string format;
  std::string runtime;
  std::string runtime_version;
  ModelState state = ModelState::kAbsent;
  bool pinned = false;
  bool embeds_only = false;          // an encoder: embeddings, no text
  std::uint32_t context_length = 0;  // most tokens of one request, prompt and answer
  std::uint32_t slots = 0;           // requests computed at once
  std::string rung;                  // what of the degradation ladder is active; "full" where nothing is
  std::vector<AdapterFacts> adapters;
  std::optional<TextInfo> info;         // when loaded
  std::string chat_template;            // Jinja source, when loaded; empty: none
  std::vector<MemoryItem> placement{};  // when loaded
  std::uint64_t held_bytes = 0;         // when loaded
};

struct SlotFacts {
  std::uint32_t index = 0;
  std::uint64_t request = 0;  // 0: idle
  bool decoding = false;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t computed_tokens = 0;
  std::uint32_t sent_tokens = 0;
};

struct ModelLoad {
  std::string model;
  std::size_t waiting = 0;
  std::size_t running = 0;
  std::uint64_t context_cells = 0;
  std::uint64_t used_cells = 0;
  std::vector<SlotFacts> slots;
  KvCacheFacts cache;
};

struct EngineStatus {
  std::vector<ModelFacts> models;
  std::vector<ModelLoad> loads;  // of resident models
  std::vector<ReservationBook::Pool> pools;
  std::uint64_t swaps = 0;  // loads since the start
  bool draining = false;
};

// A loaded model's tokenizer and template. Immutable and thread-safe; keeps the model loaded as long as it is held.
class TextKit {
 public:
  virtual ~TextKit() = default;
  [[nodiscard]] virtual const TextInfo& info() const = 0;
  [[nodiscard]] virtual Result<std::vector<Token>> tokenize(std::string_view text, bool add_special,
                                                            bool parse_special) const = 0;
  // Control tokens are written out when `special`. May hold broken UTF-8 where the tokens do.
  [[nodiscard]] virtual Result<std::string> detokenize(std::span<const Token> tokens, bool special) const = 0;
  // Errors as ChatTemplate::render.
  [[nodiscard]] virtual Result<std::string> render(const PromptRequest& request) const = 0;
  // As a request's prompt would be tokenised, begin token included.
  [[nodiscard]] virtual Result<std::vector<Token>> prompt_tokens(const Prompt& prompt) const = 0;
};

// Thread-safe. Callbacks come on the engine's threads and must not block.
class TextService {
 public:
  virtual ~TextService() = default;

  // Never fails here: what is wrong comes to listener->on_error, maybe before this returns. The id is for cancel().
  virtual std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) = 0;
  // The request ends at the next step with finish "cancelled" for its open choices; nothing when it is not known.
  virtual void cancel(std::uint64_t id) = 0;

  virtual void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) = 0;
  // How well each document answers the query. Here by the cosine of their embeddings, which every model that embeds can
  // give; services that have cross-encoders do better.
  virtual void rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done);

  // Loads the model where need be.
  virtual void with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) = 0;

  // Adapters of a resident model, by name; others' requests go on. kNotFound, and as the runtime refuses.
  virtual void load_adapter(const std::string& model, const std::string& name, const std::string& path,
                            std::function<void(Status)> done) = 0;
  virtual void unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) = 0;

  [[nodiscard]] virtual std::vector<ModelFacts> models() const = 0;
  // By name or alias; kNotFound names the nearest.
  [[nodiscard]] virtual Result<ModelFacts> model(const std::string& name) const = 0;
  [[nodiscard]] virtual EngineStatus status() const = 0;
};

}  // namespace hearth
