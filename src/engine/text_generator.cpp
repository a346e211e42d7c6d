#include "engine/text_generator.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/sampler.h"
#include "text/utf8_stream.h"

namespace hearth {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

double elapsed_ms(TimePoint from, TimePoint to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

bool is_stop_request(ErrorCode code) { return code == ErrorCode::kCancelled; }

}  // namespace

// The state of one generate() call.
class TextGenerator::Run {
 public:
  Run(TextGenerator& owner, const GenerationRequest& request, const TokenCallback& on_token)
      : owner_(owner), request_(request), on_token_(on_token), sampler_(request.sampling) {}

  Result<GenerationResult> execute() {
    start_ = owner_.clock_.now();
    if (auto done = prefill(); !done) return finish_early(std::move(done).error());
    if (auto done = decode_all(); !done) return finish_early(std::move(done).error());
    return seal();
  }

 private:
  Status prefill() {
    HEARTH_ASSIGN(reused, owner_.reuse_prefix(request_.prompt));
    result_.metrics.reused_tokens = reused;
    result_.metrics.prompt_tokens = static_cast<std::uint32_t>(request_.prompt.size());
    for (const Token token : request_.prompt) sampler_.accept(token);
    const std::size_t n = request_.prompt.size();
    std::vector<BatchEntry> batch;
    for (std::size_t at = reused; at < n;) {
      batch.clear();
      const std::size_t end = std::min<std::size_t>(n, at + owner_.granted_.n_batch);
      for (; at < end; ++at) batch.push_back({request_.prompt[at], static_cast<std::int32_t>(at), 0, at + 1 == n});
      HEARTH_ASSIGN(rows, owner_.context_->decode(batch, request_.bounds));
      for (const auto& entry : batch) owner_.cells_.push_back(entry.token);
      if (rows.n_rows > 0) logits_ = rows.row(rows.n_rows - 1);
    }
    prefill_end_ = owner_.clock_.now();
    result_.metrics.prefill_ms = elapsed_ms(start_, prefill_end_);
    return {};
  }

  Status decode_all() {
    std::uint32_t limit = request_.max_tokens;
    const auto room = static_cast<std::uint32_t>(owner_.granted_.n_ctx - request_.prompt.size());
    if (limit == 0 || limit > room) limit = room;
    while (true) {
      if (result_.tokens.size() >= limit) return end_with(FinishReason::kLength);
      const Token token = sampler_.sample(logits_);
      HEARTH_ASSIGN(facts, owner_.token_facts(token));
      if ((facts->attributes & HEARTH_TOKEN_END) != 0 && !request_.ignore_end) return end_with(FinishReason::kStop);
      if (!emit(token, facts->bytes)) return end_with(FinishReason::kCancelled);
      // The last token's cells are of no use to this run, so its decode is saved.
      if (result_.tokens.size() >= limit) return end_with(FinishReason::kLength);
      const BatchEntry entry{token, static_cast<std::int32_t>(owner_.cells_.size()), 0, true};
      HEARTH_ASSIGN(rows, owner_.context_->decode({&entry, 1}, request_.bounds));
      owner_.cells_.push_back(token);
      logits_ = rows.row(0);
    }
  }

  // Records a token and tells the listener; false when the listener wants no more.
  bool emit(Token token, const std::string& bytes) {
    last_token_ = owner_.clock_.now();
    if (result_.tokens.empty()) {
      first_token_ = last_token_;
      result_.metrics.ttft_ms = elapsed_ms(start_, first_token_);
    }
    sampler_.accept(token);
    result_.tokens.push_back(token);
    TokenEvent event{token, utf8_.push(bytes), FinishReason::kNone};
    result_.text += event.text;
    return !on_token_ || on_token_(event);
  }

  Status end_with(FinishReason reason) {
    result_.finish = reason;
    TokenEvent last{HEARTH_TOKEN_NONE, utf8_.finish(), reason};
    result_.text += last.text;
    if (on_token_) (void)on_token_(last);
    return {};
  }

  Result<GenerationResult> finish_early(Error error) {
    if (!is_stop_request(error.code)) {
      owner_.cells_.clear();
      (void)owner_.context_->trim(0, -1, -1);  // best effort: reuse_prefix trims again before the next run
      return fail(std::move(error));
    }
    // The batch may be partly in the cells: keep what is known to be whole, or nothing where that can't be cut out.
    if (!owner_.context_->trim(0, static_cast<std::int32_t>(owner_.cells_.size()), -1)) {
      (void)owner_.context_->trim(0, -1, -1);
      owner_.cells_.clear();
    }
    HEARTH_TRY(end_with(FinishReason::kCancelled));
    return seal();
  }

  Result<GenerationResult> seal() {
    result_.metrics.completion_tokens = static_cast<std::uint32_t>(result_.tokens.size());
    if (result_.tokens.size() > 1) result_.metrics.decode_ms = elapsed_ms(first_token_, last_token_);
    return std::move(result_);
  }

  TextGenerator& owner_;
  const GenerationRequest& request_;
  const TokenCallback& on_token_;
  Sampler sampler_;
  Utf8Stream utf8_;
  GenerationResult result_;
  std::span<const float> logits_;
  TimePoint start_, prefill_end_, first_token_, last_token_;
};

Result<std::unique_ptr<TextGenerator>> TextGenerator::create(std::shared_ptr<TextModel> model,
                                                             const TextOptions& options, const Clock& clock) {
  HEARTH_ASSIGN(info, model->info());
  HEARTH_ASSIGN(context, model->new_context(options));
  HEARTH_ASSIGN(granted, context->granted());
  std::unique_ptr<TextGenerator> generator(new TextGenerator(std::move(model), std::move(context), clock));
  generator->info_ = info;
  generator->granted_ = granted;
  return generator;
}

Result<std::uint32_t> TextGenerator::reuse_prefix(const std::vector<Token>& prompt) {
  const auto common = static_cast<std::size_t>(
      std::mismatch(prompt.begin(), prompt.end(), cells_.begin(), cells_.end()).first - prompt.begin());
  // One token at least is computed anew: its logits are what the run starts from.
  std::size_t keep = std::min(common, prompt.size() - 1);
  auto trimmed = context_->trim(0, static_cast<std::int32_t>(keep), -1);
  if (!trimmed && trimmed.error().code == ErrorCode::kUnsupported) {
    // Recurrent state can't be cut in the middle: start over.
    keep = 0;
    trimmed = context_->trim(0, -1, -1);
  }
  if (!trimmed) return fail(std::move(trimmed).error());
  cells_.resize(keep);
  return static_cast<std::uint32_t>(keep);
}

Result<const TextGenerator::TokenFacts*> TextGenerator::token_facts(Token token) {
  if (const auto known = token_facts_.find(token); known != token_facts_.end()) return &known->second;
  TokenFacts facts;
  HEARTH_ASSIGN(attributes, model_->token_attributes(token));
  facts.attributes = attributes;
  if ((attributes & HEARTH_TOKEN_CONTROL) == 0) {
    HEARTH_ASSIGN(bytes, model_->token_bytes(token));
    facts.bytes = std::move(bytes);
  }
  return &token_facts_.emplace(token, std::move(facts)).first->second;
}

Result<GenerationResult> TextGenerator::generate(const GenerationRequest& request, const TokenCallback& on_token) {
  if (request.prompt.empty())
    return fail(ErrorCode::kInvalidArgument, "the prompt is empty: the model has nothing to go on from",
                "give some text with -p");
  if (request.prompt.size() >= granted_.n_ctx)
    return fail(
        ErrorCode::kDoesNotFit,
        fmt::format("the prompt has {} tokens, but the context holds {} with room for at least one answer token",
                    request.prompt.size(), granted_.n_ctx),
        fmt::format("use --ctx {} or more, or a shorter prompt", request.prompt.size() + 256));
  return Run(*this, request, on_token).execute();
}

}  // namespace hearth
