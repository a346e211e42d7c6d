// A text model brought up: found, checked, fitted, loaded in the right process, ready to answer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/load_history.h"
#include "app/model_opening.h"
#include "app/model_reference.h"
#include "base/call_bounds.h"
#include "base/clock.h"
#include "domain/chat.h"
#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "engine/text_generator.h"
#include "hearth/result.h"
#include "metrics/registry.h"
#include "plugin_host/registry.h"
#include "text/chat_template.h"

namespace hearth {

enum class TransportChoice { kAuto, kInProcess, kWorker };

struct TextSessionOptions {
  std::string model = "starter";
  std::string runtime;  // empty: the best-scoring one that reads the file
  LoadOptions load;     // path is filled in
  TextOptions text;     // n_ctx 0: the model's own, at most kDefaultContextMax
  TransportChoice transport = TransportChoice::kAuto;
  std::filesystem::path chat_template_file;  // empty: the model's own
};

// What open() needs of the program. All borrowed; must outlive the session.
struct SessionHost {
  RuntimeRegistry& registry;
  const ModelStore& store;
  const LoadHistory& history;
  const Clock& clock;
  MetricsRegistry& metrics;
};

// Names of what a session counts, labelled with the model.
namespace metric_name {
inline constexpr const char* kAnswers = "hearth_answers_total";
inline constexpr const char* kTokens = "hearth_completion_tokens_total";
inline constexpr const char* kTtft = "hearth_ttft_ms";
inline constexpr const char* kDecode = "hearth_decode_tok_s";
}  // namespace metric_name

// Externally synchronised.
class TextSession {
 public:
  static Result<std::unique_ptr<TextSession>> open(const SessionHost& host, const TextSessionOptions& options,
                                                   const CallBounds& bounds);

  // Raw text, no template. `request.prompt` is filled in from `text`.
  [[nodiscard]] Result<GenerationResult> complete(const std::string& text, GenerationRequest request,
                                                  const TokenCallback& on_token);
  // The whole conversation so far, by the model's chat template.
  [[nodiscard]] Result<GenerationResult> chat(const std::vector<ChatMessage>& messages, GenerationRequest request,
                                              const TokenCallback& on_token);

  // These tokens and no others, for measuring: no tokenizer in between. At least one, each below info().n_vocab.
  [[nodiscard]] Result<GenerationResult> continue_tokens(std::vector<Token> prompt, GenerationRequest request,
                                                         const TokenCallback& on_token) {
    return generate(std::move(prompt), std::move(request), on_token);
  }

  [[nodiscard]] const ResolvedModel& model() const { return resolved_; }
  [[nodiscard]] const RuntimeInfo& runtime() const { return runtime_info_; }
  [[nodiscard]] const TextInfo& info() const { return generator_->info(); }
  [[nodiscard]] std::uint32_t context_length() const { return generator_->granted().n_ctx; }
  [[nodiscard]] double load_ms() const { return load_ms_; }
  [[nodiscard]] int worker_pid() const { return worker_pid_; }  // 0: runs in this process
  [[nodiscard]] Result<MemoryBreakdown> placement() const { return loaded_->placement(); }
  [[nodiscard]] Result<MemoryBreakdown> memory_now() const { return loaded_->memory_now(); }
  // The largest resident set so far, of this process and of the worker where there is one. Absent where it can't be
  // read.
  [[nodiscard]] std::optional<std::uint64_t> peak_rss_bytes() const;
  // What the user should be told: assumptions made, limits exceeded. In order of appearance.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

 private:
  class Opener;
  TextSession() = default;
  void record(const RunMetrics& run) const;
  [[nodiscard]] Result<std::vector<Token>> tokenize_prompt(const std::string& text, bool parse_special) const;
  [[nodiscard]] Result<GenerationResult> generate(std::vector<Token> prompt, GenerationRequest request,
                                                  const TokenCallback& on_token);

  ResolvedModel resolved_;
  RuntimeInfo runtime_info_;
  std::shared_ptr<Model> loaded_;  // shared: the generator's context keeps it too
  std::shared_ptr<TextModel> text_model_;
  std::unique_ptr<TextGenerator> generator_;
  std::optional<ChatTemplate> chat_template_;  // absent: the model's own does not parse, see template_error_
  Error template_error_;
  bool told_plain_ = false;
  MetricsRegistry* metrics_ = nullptr;    // borrowed
  const LoadHistory* history_ = nullptr;  // borrowed; set while a first success in a worker is to be recorded
  std::string history_key_;
  std::vector<std::string> notices_;
  double load_ms_ = 0;
  int worker_pid_ = 0;
};

}  // namespace hearth
