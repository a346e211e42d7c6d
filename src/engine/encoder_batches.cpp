#include "engine/encoder_batches.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

namespace hearth {
namespace {

// Source: names of exports by transformers and optimum; the second ones are those of TensorFlow's BERT.
constexpr std::array<std::pair<std::string_view, EncoderInput>, 7> kInputs = {
    {{"input_ids", EncoderInput::kIds},
     {"input_word_ids", EncoderInput::kIds},
     {"attention_mask", EncoderInput::kMask},
     {"input_mask", EncoderInput::kMask},
     {"token_type_ids", EncoderInput::kTypes},
     {"segment_ids", EncoderInput::kTypes},
     {"position_ids", EncoderInput::kPositions}}};

struct Step {
  std::size_t up_to = 0;  // tokens
  std::size_t step = 0;
};
// At most an eighth of a batch's length is padding from there on, with 18 shapes up to 512 tokens.
constexpr std::array<Step, 4> kSteps = {{{64, 8}, {128, 16}, {256, 32}, {SIZE_MAX, 64}}};

// What padding holds: the pad token, not attended to, of type and position 0.
std::int32_t value_at(EncoderInput input, const TokenSequence& sequence, std::size_t at, std::int32_t pad_id) {
  const bool is_token = at < sequence.ids.size();
  switch (input) {
    case EncoderInput::kIds: return is_token ? sequence.ids[at] : pad_id;
    case EncoderInput::kMask: return is_token ? 1 : 0;
    case EncoderInput::kTypes: return is_token ? sequence.type_ids[at] : 0;
    case EncoderInput::kPositions: return is_token ? static_cast<std::int32_t>(at) : 0;
  }
  return 0;
}

template <class Integer>
Status fill_as(EncoderInput input, std::span<const TokenSequence> sequences, const EncoderBatch& batch,
               std::int32_t pad_id, const TensorView& view) {
  HEARTH_ASSIGN(values, view.span<Integer>());
  std::size_t next = 0;
  for (const std::size_t row : batch.rows)
    for (std::size_t at = 0; at < batch.length; ++at) values[next++] = value_at(input, sequences[row], at, pad_id);
  return {};
}

}  // namespace

std::size_t bucket_length(std::size_t tokens, std::size_t most) {
  const auto row = std::ranges::find_if(kSteps, [tokens](const Step& step) { return tokens <= step.up_to; });
  return std::max(tokens, std::min(most, (tokens + row->step - 1) / row->step * row->step));
}

std::vector<EncoderBatch> make_batches(std::span<const TokenSequence> sequences, std::size_t most,
                                       const BatchLimits& limits) {
  std::vector<std::size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return sequences[i].ids.size(); });
  std::vector<EncoderBatch> batches;
  for (const std::size_t row : order) {
    const std::size_t length = bucket_length(sequences[row].ids.size(), most);
    const bool fits = !batches.empty() && batches.back().length == length && batches.back().rows.size() < limits.rows &&
                      (batches.back().rows.size() + 1) * length <= limits.tokens;
    if (!fits) batches.push_back({{}, length});
    batches.back().rows.push_back(row);
  }
  return batches;
}

std::optional<EncoderInput> encoder_input_of(std::string_view name) {
  const auto found = std::ranges::find(kInputs, name, &std::pair<std::string_view, EncoderInput>::first);
  return found == kInputs.end() ? std::nullopt : std::optional(found->second);
}

Status fill_input(EncoderInput input, std::span<const TokenSequence> sequences, const EncoderBatch& batch,
                  std::int32_t pad_id, const TensorView& view) {
  if (view.type == DataType::kI64) return fill_as<std::int64_t>(input, sequences, batch, pad_id, view);
  if (view.type == DataType::kI32) return fill_as<std::int32_t>(input, sequences, batch, pad_id, view);
  return fail(ErrorCode::kUnsupported,
              "an encoder's input takes " + std::string(data_type_name(view.type)) + "; i64 and i32 are filled");
}

}  // namespace hearth
