// The storage types of single tensors in GGUF files, and which of them a named mixture gives to which tensor.
#pragma once

#include <cstdint>
#include <string_view>

namespace hearth {

enum class TensorType : std::uint8_t {
  kF32,
  kF16,
  kBf16,
  kQ8_0,
  kQ6K,
  kQ5K,
  kQ5_1,
  kQ5_0,
  kQ4K,
  kQ4_1,
  kQ4_0,
  kIq4Nl,
  kIq4Xs,
  kMxfp4,
  kNvfp4,
  kQ3K,
  kIq3S,
  kIq3Xxs,
  kQ2K,
  kIq2S,
  kIq2Xs,
  kIq2Xxs,
  kIq1M,
  kIq1S,
  kTq2_0,
  kTq1_0,
  kQ2_0,
  kQ1_0
};

struct TensorBlock {
  std::uint64_t weights = 1;
  std::uint64_t bytes = 4;
};
[[nodiscard]] TensorBlock tensor_block(TensorType type);

// The type that a row of so many values is really stored in: the next smaller block where it is no whole number of
// blocks, F16 where that does not divide it either. Source: llama.cpp 0.5, llama-quant.cpp, tensor_type_fallback.
[[nodiscard]] TensorType storable(TensorType type, std::uint64_t row);

// Bytes of `rows` rows of `row` values; `type` must be storable.
[[nodiscard]] std::uint64_t tensor_bytes(TensorType type, std::uint64_t row, std::uint64_t rows);

enum class TensorRole : std::uint8_t {
  kEmbedding,
  kOutput,
  kValue,
  kKey,
  kQuery,
  kAttentionOutput,
  kGate,
  kUp,
  kDown,
  kExpertGate,
  kExpertUp,
  kExpertDown,
  kOther,
  kFloat  // kFloat: norms, biases, routers, convolutions, which are never quantised
};

// Of the model, as far as mixtures look at it.
struct MixtureModel {
  std::uint64_t layers = 0, value_tensors = 0, experts = 0, queries_per_key = 1;
  bool tied_embeddings = false;
  bool llama_70b = false;  // its values are raised
};

// One tensor: `index` counts tensors of its kind from 0 (values, joined queries, keys and values), or is its layer (all
// others).
struct MixtureTensor {
  TensorRole role = TensorRole::kOther;
  std::uint64_t index = 0;
};

// A mixture by the precision's id in the catalogue: "q4-k-m", "fp16", ...
class TensorMixture {
 public:
  // False where files of this precision hold other types than GGUF's.
  [[nodiscard]] static bool knows(std::string_view precision);
  explicit TensorMixture(std::string_view precision);

  // Before storable() is applied. Source: llama.cpp 0.5, llama-quant.cpp, llama_tensor_get_type_impl; types that want
  // an importance matrix are taken as made with one, the others without.
  [[nodiscard]] TensorType type_of(const MixtureTensor& tensor, const MixtureModel& model) const;

 private:
  enum class Kind : std::uint8_t {
    kPlain,
    kQ2K,
    kQ2KS,
    kQ3KS,
    kQ3KM,
    kQ3KL,
    kQ4KS,
    kQ4KM,
    kQ5KM,
    kIq4,
    kIq3M,
    kIq3S,
    kIq3Xs,
    kIq3Xxs,
    kIq2M,
    kIq2,
    kIq1,
    kTernary,
    kMxfp4
  };
  struct Row;
  static const Row kRows[];
  static const Row* find(std::string_view precision);
  [[nodiscard]] TensorType value_type(const MixtureTensor& tensor, const MixtureModel& model) const;
  [[nodiscard]] TensorType down_type(std::uint64_t layer, const MixtureModel& model) const;
  [[nodiscard]] TensorType attention_output_type(const MixtureModel& model) const;
  [[nodiscard]] TensorType embedding_type() const;
  [[nodiscard]] TensorType output_type() const;
  [[nodiscard]] bool below_three_bits() const {
    return kind_ == Kind::kIq2M || kind_ == Kind::kIq2 || kind_ == Kind::kIq1;
  }

  TensorType base_ = TensorType::kF16;
  Kind kind_ = Kind::kPlain;
};

}  // namespace hearth
