#include "engine/sentence_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "engine/vector_pooling.h"

namespace hearth {
namespace {

// Measured with MiniLM-L6 on two AVX-512 cores: larger batches were no faster, and their activations leave the L2
// cache.
constexpr BatchLimits kBatchLimits = {.tokens = 2048, .rows = 32};

// Outputs by name, the most wanted first; else the first of rank 3 or 2 is taken.
// Source: names of exports by transformers, optimum and sentence-transformers.
constexpr std::array<std::string_view, 5> kOutputs = {"sentence_embedding", "logits", "last_hidden_state",
                                                      "token_embeddings", "hidden_state"};

std::string listed(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const auto& spec : specs)
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", spec.name, data_type_name(spec.type), spec.shape.text());
  return text;
}

class BorrowedLane final : public EncoderLane {
 public:
  explicit BorrowedLane(std::unique_ptr<TensorLane> lane) : lane_(std::move(lane)) {}
  Result<std::vector<TensorView>> inputs(std::span<const Shape> shapes) override {
    HEARTH_ASSIGN(views, lane_->inputs(shapes));
    return std::vector<TensorView>(views.begin(), views.end());
  }
  Result<TensorView> run(std::uint32_t output, const CallBounds& bounds) override {
    HEARTH_ASSIGN(views, lane_->run(bounds));
    if (output >= views.size()) return fail(ErrorCode::kInternal, "the encoder's run gave too few outputs");
    return views[output];
  }

 private:
  std::unique_ptr<TensorLane> lane_;
};

bool all_finite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

std::unique_ptr<EncoderLane> encoder_lane(std::unique_ptr<TensorLane> lane) {
  return std::make_unique<BorrowedLane>(std::move(lane));
}

Result<std::unique_ptr<SentenceEncoder>> SentenceEncoder::make(const TensorPorts& ports, EncoderBundle bundle,
                                                               std::vector<std::unique_ptr<EncoderLane>> lanes) {
  std::unique_ptr<SentenceEncoder> encoder(new SentenceEncoder(std::move(bundle), std::move(lanes)));
  HEARTH_TRY(encoder->learn_ports(ports));
  return encoder;
}

Status SentenceEncoder::learn_ports(const TensorPorts& ports) {
  for (const auto& spec : ports.inputs) {
    const auto input = encoder_input_of(spec.name);
    if (!input || spec.shape.rank() != 2)
      return fail(ErrorCode::kUnsupported, "the model is no text encoder: its inputs are " + listed(ports.inputs),
                  "an encoder takes input_ids, attention_mask and maybe token_type_ids, each [batch, tokens]");
    inputs_.push_back(*input);
  }
  const auto is_vector = [](const TensorSpec& spec) {
    return spec.type == DataType::kF32 && (spec.shape.rank() == 2 || spec.shape.rank() == 3);
  };
  auto found = ports.outputs.end();
  for (const auto name : kOutputs)
    if (found == ports.outputs.end())
      found =
          std::ranges::find_if(ports.outputs, [&](const auto& spec) { return spec.name == name && is_vector(spec); });
  if (found == ports.outputs.end()) found = std::ranges::find_if(ports.outputs, is_vector);
  if (found == ports.outputs.end() || std::ranges::find(inputs_, EncoderInput::kIds) == inputs_.end())
    return fail(ErrorCode::kUnsupported, "the model is no text encoder: its outputs are " + listed(ports.outputs),
                "an encoder gives f32 [batch, tokens, size] or [batch, size]");
  output_ = static_cast<std::uint32_t>(found - ports.outputs.begin());
  output_rank_ = found->shape.rank();
  const auto last = found->shape[output_rank_ - 1];
  dimensions_ = last > 0 ? static_cast<std::uint32_t>(last) : 0;
  if (found->name == "logits") bundle_.settings.is_cross_encoder = true;
  return {};
}

Result<TokenSequence> SentenceEncoder::tokenize(std::string_view text, std::string_view prompt) const {
  const auto& settings = bundle_.settings;
  const std::string name(prompt.empty() ? std::string_view(settings.default_prompt) : prompt);
  if (name.empty()) return bundle_.tokenizer.encode(text, settings.max_tokens);
  const auto found = settings.prompts.find(name);
  if (found == settings.prompts.end()) {
    std::string names;
    for (const auto& [known, prefix] : settings.prompts) names += (names.empty() ? "" : ", ") + known;
    return fail(Error(ErrorCode::kInvalidArgument, "the model has no prompt '" + name + "'",
                      names.empty() ? "it has none at all" : "it has " + names)
                    .with("param", "prompt"));
  }
  return bundle_.tokenizer.encode(found->second + std::string(text), settings.max_tokens);
}

Result<TokenSequence> SentenceEncoder::tokenize_pair(std::string_view first, std::string_view second) const {
  return bundle_.tokenizer.encode_pair(first, second, bundle_.settings.max_tokens);
}

Result<TensorView> SentenceEncoder::run_one(EncoderLane& lane, std::span<const TokenSequence> sequences,
                                            const EncoderBatch& batch, const CallBounds& bounds) const {
  const Shape shape = {static_cast<std::int64_t>(batch.rows.size()), static_cast<std::int64_t>(batch.length)};
  const std::vector<Shape> shapes(inputs_.size(), shape);
  HEARTH_ASSIGN(views, lane.inputs(shapes));
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    HEARTH_TRY(fill_input(inputs_[port], sequences, batch, bundle_.tokenizer.pad_id(), views[port]));
  return lane.run(output_, bounds);
}

Status SentenceEncoder::run_batches(std::span<const TokenSequence> sequences, const Take& take,
                                    const CallBounds& bounds) {
  const auto batches = make_batches(sequences, bundle_.settings.max_tokens, kBatchLimits);
  std::atomic<std::size_t> next{0};
  std::mutex gate;
  Status outcome;
  const auto work = [&](EncoderLane& lane) {
    for (std::size_t i = next++; i < batches.size(); i = next++) {
      const auto output = run_one(lane, sequences, batches[i], bounds);
      auto done = output ? take(batches[i], *output) : Status(fail(output.error()));
      if (done) continue;
      const std::scoped_lock lock(gate);
      if (outcome) outcome = std::move(done);
      next = batches.size();
    }
  };
  const std::size_t n_threads = std::min(lanes_.size(), batches.size());
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < n_threads; ++i) others.emplace_back([&work, lane = lanes_[i].get()] { work(*lane); });
    if (n_threads > 0) work(*lanes_[0]);
  }
  return outcome;
}

Result<std::vector<std::vector<float>>> SentenceEncoder::embed(std::span<const TokenSequence> sequences,
                                                               const EncodeOptions& options, const CallBounds& bounds) {
  if (is_cross_encoder())
    return fail(ErrorCode::kUnsupported, "this model scores pairs of texts and gives no embeddings",
                "take an embedding model, or rerank with this one");
  std::vector<std::vector<float>> vectors(sequences.size());
  const Pooling pooling = options.pooling.value_or(bundle_.settings.pooling);
  const auto take = [&](const EncoderBatch& batch, const TensorView& output) -> Status {
    HEARTH_ASSIGN(values, output.span<const float>());
    if (output.shape.rank() != output_rank_ || output.shape[0] != static_cast<std::int64_t>(batch.rows.size()) ||
        (output_rank_ == 3 && output.shape[1] != static_cast<std::int64_t>(batch.length)))
      return fail(ErrorCode::kInvalidData, "the encoder gave " + output.shape.text() + " for a batch of " +
                                               std::to_string(batch.rows.size()) + " texts");
    const auto size = static_cast<std::size_t>(output.shape[output_rank_ - 1]);
    if (options.size && (*options.size == 0 || *options.size > size))
      return fail(Error(ErrorCode::kInvalidArgument,
                        fmt::format("dimensions must be 1 to {}, which this model's embeddings have, not {}", size,
                                    *options.size))
                      .with("param", "dimensions"));
    const std::size_t each = output_rank_ == 3 ? batch.length * size : size;
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = batch.rows[i];
      const auto part = values.subspan(i * each, each);
      auto& vector = vectors[row];
      vector = output_rank_ == 3 ? pooled(part, size, sequences[row].ids.size(), pooling)
                                 : std::vector<float>(part.begin(), part.end());
      finish_vector(vector, options.size, options.normalize);
      if (!all_finite(vector))
        return fail(ErrorCode::kInvalidData, fmt::format("the embedding of text {} is not made of numbers", row),
                    "the model file may be damaged: verify it");
    }
    return {};
  };
  HEARTH_TRY(run_batches(sequences, take, bounds));
  if (!vectors.empty() && !options.size) dimensions_ = static_cast<std::uint32_t>(vectors.front().size());
  return vectors;
}

Result<std::vector<float>> SentenceEncoder::score(std::span<const TokenSequence> pairs, const CallBounds& bounds) {
  if (!is_cross_encoder())
    return fail(ErrorCode::kUnsupported, "this model is no cross-encoder and scores no pairs",
                "rerank by cosine with it, or take a cross-encoder");
  std::vector<float> scores(pairs.size());
  const auto take = [&](const EncoderBatch& batch, const TensorView& output) -> Status {
    HEARTH_ASSIGN(values, output.span<const float>());
    if (values.size() != batch.rows.size())
      return fail(ErrorCode::kUnsupported,
                  "the cross-encoder gives " + output.shape.text() + " for " + std::to_string(batch.rows.size()) +
                      " pairs; one score a pair is wanted",
                  "classifiers of several labels don't rank");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i]))
        return fail(ErrorCode::kInvalidData, fmt::format("the score of document {} is not a number", batch.rows[i]),
                    "the model file may be damaged: verify it");
      scores[batch.rows[i]] = values[i];
    }
    return {};
  };
  HEARTH_TRY(run_batches(pairs, take, bounds));
  return scores;
}

}  // namespace hearth
