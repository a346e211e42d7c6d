#include "engine/embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

namespace hearth {
namespace {

constexpr std::uint32_t kSequences = 16;     // texts computed at once
constexpr std::uint32_t kContextMin = 1024;  // cells, so that short texts share a step
constexpr std::uint32_t kContextStep = 256;  // cells are granted in such steps

constexpr std::array<std::string_view, 3> kPoolings = {"mean", "cls", "last"};

bool is_pooling(std::string_view name) { return std::ranges::find(kPoolings, name) != kPoolings.end(); }

// Source: llama.h, enum llama_pooling_type, which converters write as <arch>.pooling_type.
std::string pooling_of_type(std::string_view type) {
  if (type == "2") return "cls";
  if (type == "3") return "last";
  if (type == "4") return "rank";
  return "mean";
}

}  // namespace

Embedder::Embedder(std::shared_ptr<TextModel> model, const TextOptions& options, ContextLedger* ledger)
    : model_(std::move(model)), ledger_(ledger) {
  options_.n_threads = options.n_threads;
  options_.n_threads_batch = options.n_threads_batch;
  options_.flash_attention = options.flash_attention;
  options_.embeddings = true;
  options_.unified_kv = Toggle::kOn;
}

Embedder::~Embedder() { free_context(); }

void Embedder::free_context() {
  if (context_ == nullptr) return;
  context_.reset();
  if (ledger_ != nullptr) ledger_->gone();
}

// Empty where the model's file has none.
Result<std::string> Embedder::metadata(const std::string& key) const {
  auto value = model_->metadata(key);
  if (!value && value.error().code == ErrorCode::kNotFound) return std::string();
  return value;
}

Status Embedder::learn() {
  if (std::exchange(known_, true)) return {};
  HEARTH_ASSIGN(info, model_->info());
  info_ = info;
  HEARTH_ASSIGN(architecture, metadata("general.architecture"));
  HEARTH_ASSIGN(causal, metadata(architecture + ".attention.causal"));
  HEARTH_ASSIGN(pooling, metadata(architecture + ".pooling_type"));
  is_causal_ = causal != "false";
  own_pooling_ = pooling_of_type(pooling);
  return {};
}

Status Embedder::check_length(const EmbeddingJob& job) const {
  std::uint32_t most = is_causal_ ? kTextTokensMax : kEncoderTokensMax;
  if (info_.n_ctx_train > 0) most = std::min(most, info_.n_ctx_train);
  if (job.longest_ <= most) return {};
  const auto which = std::ranges::max_element(job.texts, {}, [](const auto& tokens) { return tokens.size(); });
  return fail(Error(ErrorCode::kDoesNotFit,
                    fmt::format("text {} has {} tokens; this model embeds at most {} at once",
                                which - job.texts.begin(), job.longest_, most),
                    "split the text")
                  .with("param", "input")
                  .with("prompt_tokens", std::to_string(job.longest_))
                  .with("context_length", std::to_string(most)));
}

Status Embedder::start(EmbeddingJob& job) {
  HEARTH_TRY(learn());
  HEARTH_TRY(job.check(info_.n_embd));
  pooling_ = job.pooling.empty() ? own_pooling_ : job.pooling;
  if (!is_pooling(pooling_))
    return fail(ErrorCode::kUnsupported, "this model ranks texts and gives no embeddings",
                "take an embedding model, or name a pooling: mean, cls or last");
  HEARTH_TRY(check_length(job));
  HEARTH_TRY(make_context(static_cast<std::uint32_t>(job.longest_), is_causal_ ? "none" : pooling_));
  job.started_ = true;
  // A runtime without such a call has nothing that would stay between texts, or refuses the next decode by itself.
  if (auto cleared = context_->trim(-1, -1, -1); !cleared && cleared.error().code != ErrorCode::kUnsupported)
    return cleared;
  return {};
}

// Keeps the context there is where it serves.
Status Embedder::make_context(std::uint32_t longest, const std::string& pooling) {
  if (context_ != nullptr && granted_.n_ctx >= longest && granted_.pooling == pooling &&
      (is_causal_ || granted_.n_ubatch >= longest))
    return {};
  free_context();
  TextOptions wanted = options_;
  wanted.pooling = pooling;
  wanted.n_seq_max = kSequences;
  wanted.n_ctx = std::max(kContextMin, (longest + kContextStep - 1) / kContextStep * kContextStep);
  wanted.n_batch = is_causal_ ? kStepTokens : wanted.n_ctx;
  wanted.n_ubatch = is_causal_ ? kStepTokens : std::max(kStepTokens, wanted.n_ctx);
  HEARTH_ASSIGN(made, counted_context(wanted));
  context_ = std::move(made);
  HEARTH_ASSIGN(granted, context_->granted());
  granted_ = std::move(granted);
  granted_.pooling = pooling;
  return {};
}

Result<std::unique_ptr<TextContext>> Embedder::counted_context(const TextOptions& wanted) {
  if (ledger_ == nullptr) return model_->new_context(wanted);
  HEARTH_TRY(ledger_->reserve(wanted));
  auto made = model_->new_context(wanted);
  ledger_->made(made.has_value());
  return made;
}

// Tokens of this text that fit into what is left of a step.
std::uint32_t Embedder::chunk(const EmbeddingJob& job, const EmbeddingJob::Flight& flight, std::uint32_t room) const {
  const auto left = static_cast<std::uint32_t>(job.texts[flight.text].size()) - flight.computed;
  if (is_causal_) return std::min(left, room);
  return left <= room || batch_.empty() ? left : 0;
}

// Starts texts while there are sequences, cells and room in the step for them.
void Embedder::take_off(EmbeddingJob& job, std::uint32_t room) {
  std::size_t cells = 0;
  std::array<bool, kSequences> taken{};
  std::size_t waiting = 0;  // tokens that the step would have to compute
  for (const auto& flight : job.flights_) {
    taken[static_cast<std::size_t>(flight.sequence)] = true;
    cells += job.texts[flight.text].size();
    waiting += job.texts[flight.text].size() - flight.computed;
  }
  const std::size_t sequences = std::min<std::size_t>(kSequences, granted_.n_seq_max);
  while (job.next_text_ < job.texts.size() && job.flights_.size() < sequences) {
    const std::size_t tokens = job.texts[job.next_text_].size();
    if (!job.flights_.empty() && (waiting >= room || cells + tokens > granted_.n_ctx)) return;
    const auto free = std::ranges::find(taken, false);
    *free = true;
    job.flights_.push_back({job.next_text_++, static_cast<std::int32_t>(free - taken.begin()), 0, {}});
    cells += tokens;
    waiting += tokens;
  }
}

void Embedder::fill(EmbeddingJob& job, std::uint32_t budget) {
  batch_.clear();
  parts_.clear();
  const std::uint32_t most = std::max(1U, std::min(budget, granted_.n_batch));
  take_off(job, most);
  for (std::size_t i = 0; i < job.flights_.size() && batch_.size() < most; ++i) {
    auto& flight = job.flights_[i];
    const auto& tokens = job.texts[flight.text];
    const std::uint32_t n = chunk(job, flight, most - static_cast<std::uint32_t>(batch_.size()));
    if (n == 0) continue;
    for (std::uint32_t at = flight.computed; at < flight.computed + n; ++at) {
      const bool is_last = at + 1 == tokens.size();
      const bool wants = !is_causal_ || pooling_ == "last" ? is_last : pooling_ == "mean" || at == 0;
      batch_.push_back({tokens[at], static_cast<std::int32_t>(at), flight.sequence, wants});
    }
    parts_.push_back({i, n});
  }
}

Status Embedder::take_rows(EmbeddingJob& job, const RowsView& rows) {
  std::uint32_t row = 0;
  std::size_t entry = 0;
  const auto wanted = static_cast<std::uint32_t>(std::ranges::count(batch_, true, &BatchEntry::wants_output));
  if (rows.n_rows != wanted)
    return fail(ErrorCode::kInvalidData,
                fmt::format("the runtime gave {} embeddings where {} were wanted", rows.n_rows, wanted),
                "update the runtime's plugin");
  for (const Part& part : parts_) {
    auto& flight = job.flights_[part.flight];
    for (std::uint32_t i = 0; i < part.tokens; ++i) {
      if (!batch_[entry++].wants_output) continue;
      const auto values = rows.row(row++);
      flight.sum.resize(values.size());
      std::ranges::transform(flight.sum, values, flight.sum.begin(), std::plus<>());
    }
    flight.computed += part.tokens;
  }
  return {};
}

// Texts that are computed leave; their cells go to the next.
Status Embedder::land(EmbeddingJob& job) {
  for (std::size_t i = job.flights_.size(); i-- > 0;) {
    auto& flight = job.flights_[i];
    const std::size_t tokens = job.texts[flight.text].size();
    if (flight.computed < tokens) continue;
    if (is_causal_ && pooling_ == "mean")
      for (double& value : flight.sum) value /= static_cast<double>(tokens);
    job.finish_text(flight);
    const auto& embedding = job.result_.embeddings[flight.text];
    if (!std::ranges::all_of(embedding, [](float value) { return std::isfinite(value); }))
      return fail(ErrorCode::kInternal, fmt::format("the embedding of text {} is not made of numbers", flight.text),
                  "the model file may be damaged: verify it");
    if (auto trimmed = context_->trim(flight.sequence, -1, -1);
        !trimmed && trimmed.error().code != ErrorCode::kUnsupported)
      return trimmed;
    job.flights_.erase(job.flights_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return {};
}

Result<bool> Embedder::step(EmbeddingJob& job, std::uint32_t budget) {
  if (!job.started_) HEARTH_TRY(start(job));
  fill(job, budget);
  HEARTH_ASSIGN(rows, context_->decode(batch_));
  HEARTH_TRY(take_rows(job, rows));
  HEARTH_TRY(land(job));
  if (!job.flights_.empty() || job.next_text_ < job.texts.size()) return true;
  job.done(std::move(job.result_));
  return false;
}

Status EmbeddingJob::check(std::uint32_t n_embd) {
  const auto refuse = [](const char* field, std::string why) {
    return hearth::fail(Error(ErrorCode::kInvalidArgument, std::move(why)).with("param", field));
  };
  if (texts.empty() || texts.size() > kTextsMax)
    return refuse("input", fmt::format("there are {} texts; 1 to {} are embedded at once", texts.size(), kTextsMax));
  if (!pooling.empty() && !is_pooling(pooling))
    return refuse("pooling", "no pooling '" + pooling + "'; there are mean, cls and last");
  if (size && (*size == 0 || *size > n_embd))
    return refuse("dimensions",
                  fmt::format("dimensions must be 1 to {}, which this model's embeddings have, not {}", n_embd, *size));
  for (const auto& text : texts) {
    if (text.empty()) return refuse("input", fmt::format("text {} is empty", &text - texts.data()));
    longest_ = std::max(longest_, text.size());
    result_.prompt_tokens += static_cast<std::uint32_t>(text.size());
  }
  result_.model = model;
  result_.embeddings.resize(texts.size());
  return {};
}

void EmbeddingJob::finish_text(const Flight& flight) {
  const std::size_t kept = std::min<std::size_t>(size.value_or(UINT32_MAX), flight.sum.size());
  double scale = 1;
  if (normalize) {
    double squares = 0;
    for (std::size_t i = 0; i < kept; ++i) squares += flight.sum[i] * flight.sum[i];
    if (squares > 0) scale = 1 / std::sqrt(squares);
  }
  auto& out = result_.embeddings[flight.text];
  out.resize(kept);
  for (std::size_t i = 0; i < kept; ++i) out[i] = static_cast<float>(flight.sum[i] * scale);
}

}  // namespace hearth
