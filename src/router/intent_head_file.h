// What a user's examples made of stage 2's last layer, as bytes: the newest last, with the ones before it for undoing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "router/intent_weights.h"

namespace hearth {

// As many as can be undone; the oldest is dropped for a ninth.
inline constexpr std::size_t kLearnedHeadsMax = 8;

struct LearnedHeads {
  std::uint64_t weights_checksum = 0;  // of the weights they belong to
  std::vector<IntentHead> heads;
};

[[nodiscard]] std::string to_bytes(const LearnedHeads& learned);
// kInvalidData for bytes that to_bytes did not write: magic, count, length, checksum, a figure that is not finite.
[[nodiscard]] Result<LearnedHeads> read_learned_heads(std::span<const std::byte> bytes);

}  // namespace hearth
