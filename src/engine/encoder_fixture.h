// An encoder whose graph is a script, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/sentence_encoder.h"

namespace hearth {

inline constexpr const char* kEncoderTokenizer = R"({
  "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
  "pre_tokenizer": {"type": "WhitespaceSplit"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]",
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "q:": 6}}})";

// A graph that gives each token the vector {its id, 1}, and a pair the sum of its ids as a score.
class ScriptedLane final : public EncoderLane {
 public:
  explicit ScriptedLane(std::size_t rank, float poison = 0) : rank_(rank), poison_(poison) {}
  Result<std::vector<TensorView>> inputs(std::span<const Shape> shapes) override {
    shape_ = shapes[0];
    ids_.assign(*shape_.n_elements(), -1);
    mask_.assign(ids_.size(), -1);
    return std::vector<TensorView>{view_of(std::span(ids_), shape_), view_of(std::span(mask_), shape_)};
  }
  Result<TensorView> run(std::uint32_t, const CallBounds& bounds) override {
    if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    out_.clear();
    for (std::int64_t row = 0; row < shape_[0]; ++row) {
      float sum = poison_;
      for (std::int64_t at = 0; at < shape_[1]; ++at) {
        const auto i = static_cast<std::size_t>(row * shape_[1] + at);
        sum += static_cast<float>(ids_[i] * mask_[i]);
        // What padding gives must never reach a result.
        if (rank_ == 3) out_.insert(out_.end(), {mask_[i] != 0 ? static_cast<float>(ids_[i]) + poison_ : 1e9F, 1});
      }
      if (rank_ == 2) out_.push_back(sum);
    }
    if (rank_ == 3) return view_of(std::span<const float>(out_), {shape_[0], shape_[1], 2});
    return view_of(std::span<const float>(out_), {shape_[0], 1});
  }

 private:
  std::size_t rank_;
  float poison_;
  Shape shape_;
  std::vector<std::int64_t> ids_;
  std::vector<std::int64_t> mask_;
  std::vector<float> out_;
};

// Rank 3: a vector a token. Rank 2: a score a pair.
inline TensorPorts encoder_ports(std::size_t rank) {
  TensorPorts all;
  all.inputs = {{"input_ids", DataType::kI64, {-1, -1}, ""}, {"attention_mask", DataType::kI64, {-1, -1}, ""}};
  if (rank == 3)
    all.outputs = {{"last_hidden_state", DataType::kF32, {-1, -1, 2}, ""}};
  else
    all.outputs = {{"logits", DataType::kF32, {-1, 1}, ""}};
  return all;
}

inline std::unique_ptr<SentenceEncoder> scripted_encoder(std::size_t rank, EncoderSettings settings = {},
                                                         float poison = 0) {
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  for (int i = 0; i < 3; ++i) lanes.push_back(std::make_unique<ScriptedLane>(rank, poison));
  auto made = SentenceEncoder::make(encoder_ports(rank), {*Tokenizer::parse(kEncoderTokenizer), std::move(settings)},
                                    std::move(lanes));
  EXPECT_TRUE(made);
  return std::move(*made);
}

}  // namespace hearth
