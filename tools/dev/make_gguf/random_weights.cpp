#include "random_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <string>

namespace hearth::make_gguf {
namespace {

constexpr std::int64_t kPoolElements = 1 << 18;
constexpr std::int64_t kPoolRow = 4096;
constexpr float kWeightDeviation = 0.02F;

std::int64_t n_elements(const TensorSpec& spec) {
  std::int64_t n = 1;
  for (const std::int64_t dim : spec.dims) n *= dim;
  return n;
}

// Frequency factors of Llama 3.1 and later for a trained context of 8192 stretched by 32.
// Source: Llama-3.2-1B config.json, rope_scaling (factor 32, low_freq_factor 1, high_freq_factor 4).
std::vector<float> llama3_rope_factors(std::int64_t n) {
  constexpr double kBase = 500000, kFactor = 32, kLow = 1, kHigh = 4, kOriginal = 8192;
  std::vector<float> factors;
  for (std::int64_t i = 0; i < n; ++i) {
    const double wavelength = 2 * std::numbers::pi * std::pow(kBase, static_cast<double>(i) / static_cast<double>(n));
    const double smooth = std::clamp((kOriginal / wavelength - kLow) / (kHigh - kLow), 0.0, 1.0);
    factors.push_back(static_cast<float>(1 / ((1 - smooth) / kFactor + smooth)));
  }
  return factors;
}

}  // namespace

// Source: xoshiro256** by D. Blackman and S. Vigna (prng.di.unimi.it), seeded through SplitMix64 as they advise.
Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

// Marsaglia's polar method; the second value of each pair is dropped to keep the state one sequence.
float Random::normal() {
  while (true) {
    const double x = 2 * uniform() - 1;
    const double y = 2 * uniform() - 1;
    const double r = x * x + y * y;
    if (r > 0 && r < 1) return static_cast<float>(x * std::sqrt(-2 * std::log(r) / r));
  }
}

Result<const std::vector<std::byte>*> RandomWeights::pool(ggml_type type) {
  if (const auto made = pools_.find(type); made != pools_.end()) return &made->second;
  Random random(seed_ ^ 0xB10C);  // one sequence for all types: a tensor has about the same values in each
  std::vector<float> numbers(kPoolElements);
  for (float& number : numbers) number = kWeightDeviation * random.normal();
  std::vector<std::byte> bytes(ggml_row_size(type, kPoolElements));
  const std::vector<float> importance(kPoolRow, 1.0F);
  const std::int64_t rows = kPoolElements / kPoolRow;
  const float* flat = ggml_quantize_requires_imatrix(type) ? importance.data() : nullptr;
  if (ggml_quantize_chunk(type, numbers.data(), bytes.data(), 0, rows, kPoolRow, flat) != bytes.size())
    return fail(ErrorCode::kUnsupported, std::string("ggml can't quantise to ") + ggml_type_name(type),
                "choose another --type");
  return &pools_.emplace(type, std::move(bytes)).first->second;
}

std::vector<float> RandomWeights::values(const TensorSpec& spec) {
  const std::int64_t n = n_elements(spec);
  if (spec.fill == Fill::kRopeFactors) return llama3_rope_factors(n);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) {
    switch (spec.fill) {
      case Fill::kNorm: value = 1.0F + 0.1F * random_.normal(); break;
      case Fill::kConvolution: value = 0.3F * random_.normal(); break;
      case Fill::kDecay: value = -static_cast<float>(std::exp(random_.uniform() * std::numbers::ln2 * 4)); break;
      case Fill::kOnes: value = 1.0F; break;
      case Fill::kTimeStep: value = static_cast<float>(-6 + 4 * random_.uniform()); break;
      default: value = kWeightDeviation * random_.normal(); break;
    }
  }
  return values;
}

Status RandomWeights::write(const TensorSpec& spec, ggml_type type, const DataSink& sink) {
  if (spec.fill != Fill::kWeights) {
    if (type != GGML_TYPE_F32)
      return fail(ErrorCode::kInternal, "tensor '" + spec.name + "' is to be " + ggml_type_name(type) + ", not F32");
    const auto numbers = values(spec);
    return sink(std::as_bytes(std::span(numbers)));
  }
  HEARTH_ASSIGN(blocks, pool(type));
  const std::size_t block_bytes = ggml_type_size(type);
  const std::size_t n_blocks = blocks->size() / block_bytes;
  std::size_t left = ggml_row_size(type, n_elements(spec));
  while (left > 0) {
    const std::size_t begin = random_.next() % n_blocks * block_bytes;
    const std::size_t n = std::min(left, blocks->size() - begin);
    HEARTH_TRY(sink(std::span(*blocks).subspan(begin, n)));
    left -= n;
  }
  return {};
}

}  // namespace hearth::make_gguf
