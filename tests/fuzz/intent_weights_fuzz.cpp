// Bytes as weights and as learned heads; and the released weights with bytes changed and a checksum that fits, so that
// the checks behind it are reached: refused with a sentence, or a network that answers.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "router/features.h"
#include "router/intent_head_file.h"
#include "router/intent_model.h"
#include "router/word_checksum.h"

namespace {

constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kChecksumAt = 56;

void check(bool holds) {
  if (!holds) std::abort();
}

void try_weights(std::span<const std::byte> bytes) {
  const auto weights = hearth::IntentWeights::open(bytes);
  if (!weights) return check(!weights.error().message.empty() && !weights.error().hint.empty());
  hearth::RouteRequest request;
  request.text = "read this aloud: what is 12 + 30?";
  const auto verdict = hearth::IntentModel(*weights).classify(request, hearth::read_features(request));
  check(static_cast<std::size_t>(verdict.intent) < hearth::kIntentCount);
}

// Each five bytes of the input set one byte of the file: four for where, one for what.
std::string changed_file(const std::string& released, const std::uint8_t* data, std::size_t size) {
  std::string bytes = released;
  for (std::size_t i = 0; i + 5 <= size; i += 5) {
    std::uint32_t at = 0;
    std::memcpy(&at, data + i, sizeof at);
    bytes[at % bytes.size()] = static_cast<char>(data[i + 4]);
  }
  const auto sum = hearth::word_checksum(std::as_bytes(std::span(bytes)).subspan(kHeaderBytes));
  std::memcpy(bytes.data() + kChecksumAt, &sum, sizeof sum);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string released = [] {
    std::ifstream file("data/router/intent.bin", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  const std::span<const std::byte> raw(reinterpret_cast<const std::byte*>(data), size);
  try_weights(raw);
  const auto heads = hearth::read_learned_heads(raw);
  if (!heads) check(!heads.error().message.empty());
  if (released.size() > kHeaderBytes) {
    const std::string bytes = changed_file(released, data, size);
    try_weights(std::as_bytes(std::span(bytes)));
  }
  return 0;
}
