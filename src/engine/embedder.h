// Embeddings of texts on a loaded model, computed in steps between other requests' steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/text_request.h"
#include "plugin_host/runtime.h"

namespace hearth {

// One request and how far it is. Filled in on any thread, then used by the embedder's.
class EmbeddingJob {
 public:
  static constexpr std::size_t kTextsMax = 2048;  // Source: the OpenAI API reference, embeddings, input

  std::string model;                      // to answer with
  std::vector<std::vector<Token>> texts;  // special tokens included
  std::string pooling{};                  // empty: the model's own
  bool normalize = true;
  std::optional<std::uint32_t> size{};
  std::function<void(Result<EmbeddingResult>)> done;  // called once

  // Ends the job, unless step() did.
  void fail(const Error& error) { done(hearth::fail(error)); }

 private:
  friend class Embedder;
  // A text being computed.
  struct Flight {
    std::size_t text = 0;
    std::int32_t sequence = 0;
    std::uint32_t computed = 0;  // tokens
    std::vector<double> sum;     // of the tokens' embeddings, or the one that counts
  };
  [[nodiscard]] Status check(std::uint32_t n_embd);
  void finish_text(const Flight& flight);

  std::size_t longest_ = 0;  // tokens
  EmbeddingResult result_;
  bool started_ = false;
  std::size_t next_text_ = 0;
  std::vector<Flight> flights_;
};

// Who keeps the books of memory. Called by the embedder's user, on its thread.
class ContextLedger {
 public:
  virtual ~ContextLedger() = default;
  // Before a context with these options is made. An error says what is short and who holds it.
  [[nodiscard]] virtual Status reserve(const TextOptions& options) = 0;
  virtual void made(bool done) = 0;  // the context that was reserved for; not done: nothing is held
  virtual void gone() = 0;           // it was freed
};

// Owns a context of its own, made when first needed and kept for the next job. Externally synchronised; one job at a
// time.
//
// Models that read from left to right are computed in chunks and pooled here, so that a long text holds up nobody.
// Those that see a text at once (encoders) get it in one piece and pool it themselves.
class Embedder {
 public:
  static constexpr std::uint32_t kStepTokens = 512;
  static constexpr std::uint32_t kTextTokensMax = 32768;    // of one text, where the model was trained on as many
  static constexpr std::uint32_t kEncoderTokensMax = 8192;  // computed at once: memory grows with it

  // `options` are those of the model's other context: its threads and flash attention serve here too. `ledger` is
  // borrowed and outlives this; null: nobody counts.
  Embedder(std::shared_ptr<TextModel> model, const TextOptions& options, ContextLedger* ledger = nullptr);
  ~Embedder();
  Embedder(const Embedder&) = delete;
  Embedder& operator=(const Embedder&) = delete;

  // Computes about `budget` tokens, or one text of an encoder if that is more. True: there is more to do; false: the
  // job is done and was answered. kDoesNotFit: a text is too long, with the numbers. kUnsupported: the model or its
  // runtime gives no embeddings. The ledger's errors where there is no memory for the context. An error ends the job,
  // which still has to be told.
  [[nodiscard]] Result<bool> step(EmbeddingJob& job, std::uint32_t budget = kStepTokens);

 private:
  [[nodiscard]] Status learn();
  [[nodiscard]] Result<std::string> metadata(const std::string& key) const;
  [[nodiscard]] Status start(EmbeddingJob& job);
  [[nodiscard]] Status check_length(const EmbeddingJob& job) const;
  [[nodiscard]] Status make_context(std::uint32_t longest, const std::string& pooling);
  [[nodiscard]] Result<std::unique_ptr<TextContext>> counted_context(const TextOptions& wanted);
  void free_context();
  void take_off(EmbeddingJob& job, std::uint32_t room);
  [[nodiscard]] std::uint32_t chunk(const EmbeddingJob& job, const EmbeddingJob::Flight& flight,
                                    std::uint32_t room) const;
  void fill(EmbeddingJob& job, std::uint32_t budget);
  [[nodiscard]] Status take_rows(EmbeddingJob& job, const RowsView& rows);
  [[nodiscard]] Status land(EmbeddingJob& job);

  struct Part {  // of a batch: tokens of one flight
    std::size_t flight = 0;
    std::uint32_t tokens = 0;
  };

  std::shared_ptr<TextModel> model_;  // shared with the engine's other contexts
  TextOptions options_;
  ContextLedger* ledger_;
  bool known_ = false;
  TextInfo info_;
  bool is_causal_ = true;
  std::string own_pooling_;  // as the model's file says; "mean" where it doesn't
  std::string pooling_;      // of the present job
  std::unique_ptr<TextContext> context_;
  TextOptions granted_;
  std::vector<BatchEntry> batch_;
  std::vector<Part> parts_;
};

}  // namespace hearth
