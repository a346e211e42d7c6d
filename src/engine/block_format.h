// The bytes of one saved block of cells, the same in RAM and in a file: a head that says what it is, then what the
// runtime saved. Both parts carry a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/token_event.h"
#include "hearth/result.h"
#include "schedule/prefix_index.h"

namespace hearth {

using BlockImage = std::vector<std::byte>;
using SharedImage =
    std::shared_ptr<const BlockImage>;  // shared: the RAM tier, the writer and a restore hold it at once
using BlockName = std::string;          // 64 lower-case hexadecimal digits

enum class BlockKind : std::uint32_t {
  kRange = 1,     // the cells of [begin, end), to be put behind those of the parent
  kSnapshot = 2,  // everything a sequence holds after `end` tokens; begin is 0
};

// What a block is. Equal keys hold the same values, but for rounding.
struct BlockKey {
  CacheSalt salt{};
  BlockName parent{};  // the block that ends at `begin`; empty at 0
  BlockKind kind = BlockKind::kRange;
  std::uint32_t begin = 0;
  std::span<const Token> tokens{};  // of [begin, end), borrowed
  [[nodiscard]] std::uint32_t end() const { return begin + static_cast<std::uint32_t>(tokens.size()); }
};

// SHA-256 over the whole key. The parent's name stands for all tokens before, so the name stands for the whole path.
[[nodiscard]] BlockName block_name(const BlockKey& key);

// The image with its head; the payload is to be appended, then the image sealed. `payload_hint`: bytes to make room
// for.
[[nodiscard]] BlockImage begin_block(const BlockKey& key, std::size_t payload_hint);
void seal_block(BlockImage& image);

// What a head says, with tokens of its own.
struct BlockHead {
  BlockName name;
  BlockName parent;
  CacheSalt salt{};
  BlockKind kind = BlockKind::kRange;
  std::uint32_t begin = 0;
  std::vector<Token> tokens;
  std::uint64_t head_bytes = 0;
  std::uint64_t image_bytes = 0;  // of head and payload
  [[nodiscard]] std::uint32_t end() const { return begin + static_cast<std::uint32_t>(tokens.size()); }
};

inline constexpr std::size_t kBlockFixedBytes = 168;
// How long the head is, from its first kBlockFixedBytes. kInvalidData where they are none.
[[nodiscard]] Result<std::size_t> block_head_bytes(std::span<const std::byte> fixed);
// Checks the head's own checksum. kInvalidData says what is wrong.
[[nodiscard]] Result<BlockHead> read_block_head(std::span<const std::byte> bytes);
// Checks head, length and payload; the image must be the one called `name`. Cost: one pass over the bytes.
[[nodiscard]] Status verify_block(std::span<const std::byte> image, std::string_view name);
// The runtime's bytes in a verified image.
[[nodiscard]] std::span<const std::byte> block_payload(std::span<const std::byte> image);

}  // namespace hearth
