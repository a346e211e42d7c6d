// Sequences of tokens grouped so that little of a batch is padding, and written into an encoder's inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "text/tokenizer.h"

namespace hearth {

// Texts that are computed together, padded to one length.
struct EncoderBatch {
  std::vector<std::size_t> rows;  // indices of sequences
  std::size_t length = 0;         // tokens
};

struct BatchLimits {
  std::size_t tokens = 0;  // of a batch, padding included; one text may exceed it
  std::size_t rows = 0;
};

// Lengths that batches are padded to, so that a runtime meets a small set of shapes: multiples of 8 up to 64, of 16 up
// to 128, of 32 up to 256, then of 64.
[[nodiscard]] std::size_t bucket_length(std::size_t tokens, std::size_t most);

// Longest first, so that several threads end about together. `most`: no bucket exceeds it. Sequences are not empty.
[[nodiscard]] std::vector<EncoderBatch> make_batches(std::span<const TokenSequence> sequences, std::size_t most,
                                                     const BatchLimits& limits);

enum class EncoderInput { kIds, kMask, kTypes, kPositions };
// By its name in the graph; absent: none of an encoder's.
[[nodiscard]] std::optional<EncoderInput> encoder_input_of(std::string_view name);

// Fills `view` [rows, length], i64 or i32, with what `input` wants. kUnsupported: another element type.
[[nodiscard]] Status fill_input(EncoderInput input, std::span<const TokenSequence> sequences, const EncoderBatch& batch,
                                std::int32_t pad_id, const TensorView& view);

}  // namespace hearth
