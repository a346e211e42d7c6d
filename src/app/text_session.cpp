#include "app/text_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/memory_gate.h"
#include "app/model_opening.h"
#include "platform/file.h"
#include "platform/process_memory.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

constexpr std::uint64_t kTemplateBytesMax = 1U << 20U;

double milliseconds_since(std::chrono::steady_clock::time_point start, const Clock& clock) {
  return std::chrono::duration<double, std::milli>(clock.now() - start).count();
}

}  // namespace

// The steps of open(), in order.
class TextSession::Opener {
 public:
  Opener(const SessionHost& host, const TextSessionOptions& options, const CallBounds& bounds)
      : host_(host), options_(options), bounds_(bounds), session_(new TextSession()) {}

  Result<std::unique_ptr<TextSession>> run() {
    const auto start = host_.clock.now();
    HEARTH_TRY(find_model());
    HEARTH_TRY(find_runtime());
    HEARTH_TRY(check_memory());
    HEARTH_TRY(load());
    HEARTH_TRY(make_generator());
    HEARTH_TRY(find_chat_template());
    session_->load_ms_ = milliseconds_since(start, host_.clock);
    return std::move(session_);
  }

 private:
  Status find_model() {
    HEARTH_ASSIGN(file, open_model_file(options_.model, host_.store, host_.registry));
    file_ = std::move(file);
    session_->resolved_ = file_.model;
    if (!session_->resolved_.note.empty()) notice("this is the " + session_->resolved_.note);
    load_ = options_.load;
    load_.path = session_->resolved_.path.string();
    return {};
  }

  Status find_runtime() {
    HEARTH_ASSIGN(chosen, choose_runtime(host_.registry, options_.runtime, file_.format, HEARTH_CAP_TEXT));
    HEARTH_ASSIGN(key, LoadHistory::key(session_->resolved_.path, chosen.name, chosen.info.version));
    history_key_ = key;
    session_->runtime_info_ = std::move(chosen.info);
    const bool worker = options_.transport == TransportChoice::kWorker ||
                        (options_.transport == TransportChoice::kAuto && !host_.history.passed(history_key_));
    HEARTH_ASSIGN(runtime, host_.registry.open(chosen.name, worker ? Transport::kWorker : Transport::kInProcess));
    runtime_ = std::move(runtime);
    session_->worker_pid_ = runtime_->worker_pid();
    return {};
  }

  Status check_memory() {
    text_ = options_.text;
    if (text_.n_ctx == 0) text_.n_ctx = default_context_length(file_) * text_.n_seq_max;
    HEARTH_ASSIGN(memory, system_memory());
    if (file_.header) HEARTH_TRY(check_lower_bound(*file_.header, text_, memory.available_bytes));
    HEARTH_ASSIGN(estimate, runtime_->estimate(load_, text_));
    return check_estimate(estimate, text_, memory.available_bytes);
  }

  Status load() {
    HEARTH_ASSIGN(model, runtime_->load(load_, bounds_));
    session_->loaded_ = std::move(model);
    HEARTH_ASSIGN(text_model, TextModel::from(session_->loaded_));
    session_->text_model_ = std::move(text_model);
    return {};
  }

  Status make_generator() {
    HEARTH_ASSIGN(generator, TextGenerator::create(session_->text_model_, text_, host_.clock));
    session_->generator_ = std::move(generator);
    const auto trained = session_->info().n_ctx_train;
    if (options_.text.n_ctx > trained && trained > 0)
      notice(
          fmt::format("the context of {} tokens is longer than the {} the model was trained on; answers may get worse",
                      options_.text.n_ctx, trained));
    return {};
  }

  Status find_chat_template() {
    std::string source;
    if (!options_.chat_template_file.empty()) {
      HEARTH_ASSIGN(text, read_file(options_.chat_template_file, kTemplateBytesMax));
      source = std::move(text);
    } else if (auto own = session_->text_model_->metadata("tokenizer.chat_template"); own) {
      source = std::move(own).value();
    } else if (own.error().code != ErrorCode::kNotFound) {
      return fail(std::move(own).error());
    }
    if (source.empty()) {
      session_->chat_template_ = ChatTemplate::plain();
      return {};
    }
    HEARTH_ASSIGN(bos, special_text(session_->info().bos));
    HEARTH_ASSIGN(eos, special_text(session_->info().eos));
    auto parsed = ChatTemplate::parse(source, bos, eos);
    // A broken template matters to chat() only, which reports it by the absence.
    if (parsed)
      session_->chat_template_ = std::move(parsed).value();
    else
      session_->template_error_ = std::move(parsed).error();
    return {};
  }

  Result<std::string> special_text(Token token) {
    if (token == HEARTH_TOKEN_NONE) return std::string();
    return session_->text_model_->token_bytes(token, true);
  }

  void notice(std::string text) { session_->notices_.push_back(std::move(text)); }

  const SessionHost& host_;
  const TextSessionOptions& options_;
  const CallBounds& bounds_;
  std::unique_ptr<TextSession> session_;
  std::shared_ptr<Runtime> runtime_;
  ModelFile file_;
  std::string history_key_;
  LoadOptions load_;
  TextOptions text_;

 public:
  [[nodiscard]] const std::string& history_key() const { return history_key_; }
};

Result<std::unique_ptr<TextSession>> TextSession::open(const SessionHost& host, const TextSessionOptions& options,
                                                       const CallBounds& bounds) {
  Opener opener(host, options, bounds);
  HEARTH_ASSIGN(session, opener.run());
  session->metrics_ = &host.metrics;
  if (session->worker_pid_ != 0) {
    session->history_ = &host.history;
    session->history_key_ = opener.history_key();
  }
  return session;
}

Result<std::vector<Token>> TextSession::tokenize_prompt(const std::string& text, bool parse_special) const {
  HEARTH_ASSIGN(tokens, text_model_->tokenize(text, true, parse_special));
  // Templates that write the bos token themselves would give two: the tokenizer adds one of its own.
  const Token bos = info().bos;
  if (tokens.size() >= 2 && bos != HEARTH_TOKEN_NONE && tokens[0] == bos && tokens[1] == bos)
    tokens.erase(tokens.begin());
  return tokens;
}

Result<GenerationResult> TextSession::complete(const std::string& text, GenerationRequest request,
                                               const TokenCallback& on_token) {
  HEARTH_ASSIGN(tokens, tokenize_prompt(text, false));
  return generate(std::move(tokens), std::move(request), on_token);
}

Result<GenerationResult> TextSession::chat(const std::vector<ChatMessage>& messages, GenerationRequest request,
                                           const TokenCallback& on_token) {
  if (!chat_template_) return fail(template_error_);
  if (chat_template_->is_plain() && !told_plain_) {
    told_plain_ = true;
    notices_.emplace_back(
        "this model has no chat template; its turns are written as plain 'User:' and 'Assistant:' lines");
  }
  HEARTH_ASSIGN(text, chat_template_->render(messages, true));
  HEARTH_ASSIGN(tokens, tokenize_prompt(text, true));
  return generate(std::move(tokens), std::move(request), on_token);
}

std::optional<std::uint64_t> TextSession::peak_rss_bytes() const {
  const auto own = hearth::peak_rss_bytes(0);
  if (!own) return std::nullopt;
  if (worker_pid_ == 0) return *own;
  const auto worker = hearth::peak_rss_bytes(worker_pid_);
  return worker ? std::optional(*own + *worker) : std::nullopt;
}

void TextSession::record(const RunMetrics& run) const {
  const std::string model = "model=\"" + resolved_.name + "\"";
  metrics_->counter(metric_name::kAnswers, "answers given", model).add();
  metrics_->counter(metric_name::kTokens, "tokens generated", model).add(run.completion_tokens);
  if (run.completion_tokens > 0)
    metrics_->histogram(metric_name::kTtft, "request accepted to first output token", model).observe(run.ttft_ms);
  if (run.completion_tokens > 1)
    metrics_->histogram(metric_name::kDecode, "decode speed of an answer", model).observe(run.decode_tok_s());
}

Result<GenerationResult> TextSession::generate(std::vector<Token> prompt, GenerationRequest request,
                                               const TokenCallback& on_token) {
  request.prompt = std::move(prompt);
  HEARTH_ASSIGN(result, generator_->generate(request, on_token));
  result.metrics.load_ms = load_ms_;
  record(result.metrics);
  if (history_ != nullptr && result.finish != FinishReason::kError) {
    (void)history_->record_passed(history_key_);  // a read-only home only means that the next run uses a worker again
    history_ = nullptr;
  }
  return result;
}

}  // namespace hearth
