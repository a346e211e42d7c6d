// Texts to vectors, and pairs of texts to scores, on a compiled encoder graph (BERT family).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_bounds.h"
#include "engine/encoder_batches.h"
#include "engine/encoder_bundle.h"
#include "engine/tensor_service.h"
#include "hearth/result.h"

namespace hearth {

struct EncodeOptions {
  std::optional<Pooling> pooling{};     // absent: the model's own
  bool normalize = true;                // to unit length
  std::optional<std::uint32_t> size{};  // leading dimensions kept, then normalised (Matryoshka)
};

// Inputs and outputs of a compiled encoder, bound by one thread at a time.
class EncoderLane {
 public:
  virtual ~EncoderLane() = default;
  // The model's own memory for its inputs, in the order of its ports.
  [[nodiscard]] virtual Result<std::vector<TensorView>> inputs(std::span<const Shape> shapes) = 0;
  // One of the outputs; valid until the next run.
  [[nodiscard]] virtual Result<TensorView> run(std::uint32_t output, const CallBounds& bounds) = 0;
};

// A lane that the tensor service lent, which goes back with it.
[[nodiscard]] std::unique_ptr<EncoderLane> encoder_lane(std::unique_ptr<TensorLane> lane);

// Externally synchronised; a call runs on as many threads as there are lanes.
class SentenceEncoder {
 public:
  // At least one lane. kUnsupported: the graph's inputs or outputs are not those of a text encoder; the message lists
  // them.
  [[nodiscard]] static Result<std::unique_ptr<SentenceEncoder>> make(const TensorPorts& ports, EncoderBundle bundle,
                                                                     std::vector<std::unique_ptr<EncoderLane>> lanes);

  // Tokens of a text as this model reads it; what exceeds the model's limit is cut and counted in cut_tokens.
  // `prompt`: a name among settings().prompts; empty: the model's default. kInvalidArgument: no such name.
  [[nodiscard]] Result<TokenSequence> tokenize(std::string_view text, std::string_view prompt) const;
  [[nodiscard]] Result<TokenSequence> tokenize_pair(std::string_view first, std::string_view second) const;

  // One vector a sequence, in their order: [n, size or dimensions()].
  [[nodiscard]] Result<std::vector<std::vector<float>>> embed(std::span<const TokenSequence> sequences,
                                                              const EncodeOptions& options, const CallBounds& bounds);
  // One logit a pair, not squashed. kUnsupported where the model is no cross-encoder of one score.
  [[nodiscard]] Result<std::vector<float>> score(std::span<const TokenSequence> pairs, const CallBounds& bounds);

  [[nodiscard]] const EncoderSettings& settings() const { return bundle_.settings; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return bundle_.tokenizer; }
  [[nodiscard]] bool is_cross_encoder() const { return output_rank_ == 2 && bundle_.settings.is_cross_encoder; }
  [[nodiscard]] std::uint32_t dimensions() const { return dimensions_; }  // 0 until something was computed

 private:
  SentenceEncoder(EncoderBundle bundle, std::vector<std::unique_ptr<EncoderLane>> lanes)
      : bundle_(std::move(bundle)), lanes_(std::move(lanes)) {}
  [[nodiscard]] Status learn_ports(const TensorPorts& ports);
  // Receives a batch and its output [rows, ...]; called from several threads, never twice at once for one sequence.
  using Take = std::function<Status(const EncoderBatch&, const TensorView&)>;
  [[nodiscard]] Status run_batches(std::span<const TokenSequence> sequences, const Take& take,
                                   const CallBounds& bounds);
  [[nodiscard]] Result<TensorView> run_one(EncoderLane& lane, std::span<const TokenSequence> sequences,
                                           const EncoderBatch& batch, const CallBounds& bounds) const;

  EncoderBundle bundle_;
  std::vector<EncoderInput> inputs_;  // by port
  std::uint32_t output_ = 0;          // port
  std::size_t output_rank_ = 3;       // 3: a vector a token; 2: a vector or a score a text
  std::uint32_t dimensions_ = 0;
  std::vector<std::unique_ptr<EncoderLane>> lanes_;
};

}  // namespace hearth
