#include "estimate/memory_tensor_type.h"

#include <algorithm>
#include <iterator>

namespace hearth {
namespace {

// Source: ggml 0.25.3, ggml-common.h, in the order of TensorType.
constexpr TensorBlock kBlocks[] = {{1, 4},    {1, 2},     {1, 2},     {32, 34},  {256, 210}, {256, 176}, {32, 24},
                                   {32, 22},  {256, 144}, {32, 20},   {32, 18},  {32, 18},   {256, 136}, {32, 17},
                                   {64, 36},  {256, 110}, {256, 110}, {256, 98}, {256, 84},  {256, 82},  {256, 74},
                                   {256, 66}, {256, 56},  {256, 50},  {256, 66}, {256, 54},  {64, 18},   {128, 18}};
static_assert(std::size(kBlocks) == static_cast<std::size_t>(TensorType::kQ1_0) + 1);

bool is_float(TensorType type) {
  return type == TensorType::kF32 || type == TensorType::kF16 || type == TensorType::kBf16;
}

TensorType smaller_block(TensorType type) {
  switch (type) {
    case TensorType::kQ6K: return TensorType::kQ8_0;
    case TensorType::kQ5K: return TensorType::kQ5_1;
    case TensorType::kQ4K: return TensorType::kQ5_0;
    case TensorType::kQ3K:
    case TensorType::kQ2K:
    case TensorType::kQ2_0:
    case TensorType::kTq1_0:
    case TensorType::kTq2_0: return TensorType::kQ4_0;
    case TensorType::kIq4Xs:
    case TensorType::kIq3S:
    case TensorType::kIq3Xxs:
    case TensorType::kIq2S:
    case TensorType::kIq2Xs:
    case TensorType::kIq2Xxs:
    case TensorType::kIq1M:
    case TensorType::kIq1S: return TensorType::kIq4Nl;
    default: return type;
  }
}

// The layers that mixtures spend more bits on.
bool use_more_bits(std::uint64_t i, std::uint64_t n) { return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2; }

}  // namespace

TensorBlock tensor_block(TensorType type) { return kBlocks[static_cast<std::size_t>(type)]; }

TensorType storable(TensorType type, std::uint64_t row) {
  if (row % tensor_block(type).weights == 0) return type;
  const TensorType next = smaller_block(type);
  return row % tensor_block(next).weights == 0 ? next : TensorType::kF16;
}

std::uint64_t tensor_bytes(TensorType type, std::uint64_t row, std::uint64_t rows) {
  const auto block = tensor_block(type);
  return row / block.weights * block.bytes * rows;
}

struct TensorMixture::Row {
  std::string_view precision;
  TensorType base;
  Kind kind;
};

const TensorMixture::Row TensorMixture::kRows[] = {
    {"fp32", TensorType::kF32, Kind::kPlain},      {"fp16", TensorType::kF16, Kind::kPlain},
    {"bf16", TensorType::kBf16, Kind::kPlain},     {"q8-0", TensorType::kQ8_0, Kind::kPlain},
    {"q6-k", TensorType::kQ6K, Kind::kPlain},      {"q5-k-m", TensorType::kQ5K, Kind::kQ5KM},
    {"q5-k-s", TensorType::kQ5K, Kind::kPlain},    {"q5-k", TensorType::kQ5K, Kind::kPlain},
    {"q5-1", TensorType::kQ5_1, Kind::kPlain},     {"q5-0", TensorType::kQ5_0, Kind::kPlain},
    {"q4-k-m", TensorType::kQ4K, Kind::kQ4KM},     {"q4-k-s", TensorType::kQ4K, Kind::kQ4KS},
    {"q4-k", TensorType::kQ4K, Kind::kPlain},      {"q4-1", TensorType::kQ4_1, Kind::kPlain},
    {"q4-0", TensorType::kQ4_0, Kind::kPlain},     {"iq4-nl", TensorType::kIq4Nl, Kind::kIq4},
    {"iq4-xs", TensorType::kIq4Xs, Kind::kIq4},    {"mxfp4", TensorType::kMxfp4, Kind::kMxfp4},
    {"q3-k-l", TensorType::kQ3K, Kind::kQ3KL},     {"q3-k-m", TensorType::kQ3K, Kind::kQ3KM},
    {"q3-k-s", TensorType::kQ3K, Kind::kQ3KS},     {"q3-k", TensorType::kQ3K, Kind::kPlain},
    {"iq3-m", TensorType::kIq3S, Kind::kIq3M},     {"iq3-s", TensorType::kIq3S, Kind::kIq3S},
    {"iq3-xs", TensorType::kIq3S, Kind::kIq3Xs},   {"iq3-xxs", TensorType::kIq3Xxs, Kind::kIq3Xxs},
    {"q2-k", TensorType::kQ2K, Kind::kQ2K},        {"q2-k-s", TensorType::kQ2K, Kind::kQ2KS},
    {"iq2-m", TensorType::kIq2S, Kind::kIq2M},     {"iq2-s", TensorType::kIq2Xs, Kind::kIq2M},
    {"iq2-xs", TensorType::kIq2Xs, Kind::kIq2},    {"iq2-xxs", TensorType::kIq2Xxs, Kind::kIq2},
    {"iq1-m", TensorType::kIq1M, Kind::kIq1},      {"iq1-s", TensorType::kIq1S, Kind::kIq1},
    {"tq2-0", TensorType::kTq2_0, Kind::kTernary}, {"tq1-0", TensorType::kTq1_0, Kind::kTernary},
    {"q2-0", TensorType::kQ2_0, Kind::kTernary},   {"q1-0", TensorType::kQ1_0, Kind::kPlain},
};

const TensorMixture::Row* TensorMixture::find(std::string_view precision) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.precision == precision; });
  return row == std::end(kRows) ? nullptr : row;
}

bool TensorMixture::knows(std::string_view precision) { return find(precision) != nullptr; }

TensorMixture::TensorMixture(std::string_view precision) {
  if (const Row* row = find(precision)) {
    base_ = row->base;
    kind_ = row->kind;
  }
}

TensorType TensorMixture::output_type() const {
  if (kind_ == Kind::kMxfp4 || base_ == TensorType::kQ8_0) return TensorType::kQ8_0;
  return below_three_bits() || kind_ == Kind::kIq3Xxs ? TensorType::kQ5K : TensorType::kQ6K;
}

TensorType TensorMixture::embedding_type() const {
  switch (kind_) {
    case Kind::kMxfp4: return TensorType::kQ8_0;
    case Kind::kIq2:
    case Kind::kIq1: return TensorType::kQ2K;
    case Kind::kIq2M:
    case Kind::kIq3Xxs: return TensorType::kIq3S;
    case Kind::kTernary: return TensorType::kQ4K;
    default: return base_;
  }
}

TensorType TensorMixture::value_type(const MixtureTensor& tensor, const MixtureModel& model) const {
  const bool many_queries = model.queries_per_key >= 4;
  TensorType type = base_;
  switch (kind_) {
    case Kind::kQ2K: type = many_queries ? TensorType::kQ4K : TensorType::kQ3K; break;
    case Kind::kQ2KS:
    case Kind::kIq3Xs:
    case Kind::kIq3S:
    case Kind::kIq3Xxs: type = many_queries ? TensorType::kQ4K : base_; break;
    case Kind::kIq3M: type = TensorType::kQ4K; break;
    case Kind::kQ3KM: type = tensor.index < 2 ? TensorType::kQ5K : TensorType::kQ4K; break;
    case Kind::kQ3KL: type = TensorType::kQ5K; break;
    case Kind::kIq4: type = many_queries ? TensorType::kQ5K : base_; break;
    case Kind::kQ4KM:
    case Kind::kQ5KM: type = use_more_bits(tensor.index, model.value_tensors) ? TensorType::kQ6K : base_; break;
    case Kind::kQ4KS: type = tensor.index < 4 ? TensorType::kQ5K : base_; break;
    case Kind::kIq2M: type = many_queries || model.experts >= 4 ? TensorType::kQ4K : TensorType::kIq3S; break;
    case Kind::kIq2:
    case Kind::kIq1: type = many_queries || model.experts >= 4 ? TensorType::kQ4K : TensorType::kQ2K; break;
    default: break;
  }
  if (below_three_bits()) return type;
  if (model.llama_70b && (type == TensorType::kQ3K || type == TensorType::kQ4K)) type = TensorType::kQ5K;
  return model.experts == 8 ? TensorType::kQ8_0 : type;
}

TensorType TensorMixture::down_type(std::uint64_t layer, const MixtureModel& model) const {
  const bool first_eighth = layer < model.layers / 8;
  switch (kind_) {
    case Kind::kQ2K: return TensorType::kQ3K;
    case Kind::kQ2KS: return first_eighth ? TensorType::kQ4K : base_;
    case Kind::kQ3KM: return layer < model.layers / 16 ? TensorType::kQ5K : TensorType::kQ4K;
    case Kind::kQ3KL: return TensorType::kQ5K;
    case Kind::kIq3M:
      return first_eighth || (model.experts == 8 && use_more_bits(layer, model.layers)) ? TensorType::kQ4K : base_;
    case Kind::kQ4KM:
    case Kind::kQ5KM: return use_more_bits(layer, model.layers) ? TensorType::kQ6K : base_;
    case Kind::kQ4KS:
    case Kind::kIq4: return first_eighth ? TensorType::kQ5K : base_;
    case Kind::kIq2M: return first_eighth ? TensorType::kIq3S : base_;
    case Kind::kIq2:
    case Kind::kIq1: return first_eighth ? TensorType::kQ2K : base_;
    default: return base_;
  }
}

TensorType TensorMixture::attention_output_type(const MixtureModel& model) const {
  if (model.experts == 8) {
    const bool raised = kind_ != Kind::kPlain && kind_ != Kind::kQ5KM && kind_ != Kind::kQ2KS &&
                        kind_ != Kind::kTernary && kind_ != Kind::kQ3KL;
    return raised ? TensorType::kQ5K : base_;
  }
  switch (kind_) {
    case Kind::kQ2K: return TensorType::kQ3K;
    case Kind::kIq3Xxs:
    case Kind::kIq2M: return TensorType::kIq3S;
    case Kind::kQ3KM:
    case Kind::kIq3M: return TensorType::kQ4K;
    case Kind::kQ3KL: return TensorType::kQ5K;
    case Kind::kIq1: return TensorType::kIq2Xxs;
    default: return base_;
  }
}

TensorType TensorMixture::type_of(const MixtureTensor& tensor, const MixtureModel& model) const {
  const TensorRole role = tensor.role;
  if (role == TensorRole::kFloat) return TensorType::kF32;
  if (is_float(base_)) return base_;
  const bool is_expert =
      role == TensorRole::kExpertGate || role == TensorRole::kExpertUp || role == TensorRole::kExpertDown;
  if (role == TensorRole::kOutput || (role == TensorRole::kEmbedding && model.tied_embeddings)) return output_type();
  if (kind_ == Kind::kMxfp4) return is_expert ? TensorType::kMxfp4 : TensorType::kQ8_0;
  switch (role) {
    case TensorRole::kEmbedding: return embedding_type();
    case TensorRole::kValue: return value_type(tensor, model);
    case TensorRole::kKey:
      if (model.experts == 8) return below_three_bits() ? TensorType::kQ4K : TensorType::kQ8_0;
      [[fallthrough]];
    case TensorRole::kQuery:
      if (kind_ == Kind::kIq3Xs) return TensorType::kIq3Xxs;
      return kind_ == Kind::kIq3Xxs ? TensorType::kIq2S : base_;
    case TensorRole::kAttentionOutput: return attention_output_type(model);
    case TensorRole::kDown:
    case TensorRole::kExpertDown: return down_type(tensor.index, model);
    case TensorRole::kGate:
    case TensorRole::kUp:
    case TensorRole::kExpertGate:
    case TensorRole::kExpertUp: {
      const bool middle = tensor.index >= model.layers / 8 && tensor.index < 7 * model.layers / 8;
      return kind_ == Kind::kIq3Xs && middle ? TensorType::kIq3Xxs : base_;
    }
    default: return base_;
  }
}

}  // namespace hearth
