#include "engine/block_format.h"

#define XXH_INLINE_ALL
#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "store/sha256.h"

namespace hearth {
namespace {

constexpr std::array<char, 8> kMagic = {'H', 'K', 'V', 'B', 'L', 'K', '0', '1'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kTokensMax = 1U << 26U;  // no context is longer
constexpr std::size_t kNameChars = 64;
using Hash = std::array<std::uint8_t, 16>;

// As it lies in the file, in the machine's byte order: a cache is not moved between machines of another order, and if
// it is, the version does not match.
struct Fixed {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t head_bytes;
  CacheSalt salt;
  std::array<char, kNameChars> parent;  // zeros: none
  std::uint32_t kind;
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t reserved;
  std::uint64_t payload_bytes;
  Hash payload_hash;
  Hash head_hash;  // of the whole head, this being zero
};
static_assert(sizeof(Fixed) == kBlockFixedBytes && std::is_trivially_copyable_v<Fixed>);

Hash canonical(XXH128_hash_t value) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, value);
  Hash hash;
  static_assert(sizeof(bytes) == sizeof(hash));
  std::memcpy(hash.data(), &bytes, sizeof bytes);
  return hash;
}

Hash hash_of(std::span<const std::byte> bytes) { return canonical(XXH3_128bits(bytes.data(), bytes.size())); }

Hash head_hash(Fixed fixed, std::span<const std::byte> tokens) {
  fixed.head_hash = {};
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  XXH3_128bits_update(state.get(), &fixed, sizeof fixed);
  XXH3_128bits_update(state.get(), tokens.data(), tokens.size());
  return canonical(XXH3_128bits_digest(state.get()));
}

Fixed fixed_of(std::span<const std::byte> bytes) {
  Fixed fixed;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  return fixed;
}

Unexpected wrong(std::string_view what) {
  return fail(ErrorCode::kInvalidData, fmt::format("the cache block {}; it is computed again", what));
}

}  // namespace

BlockName block_name(const BlockKey& key) {
  struct {
    std::uint32_t version, kind, begin, end;
  } const numbers{kVersion, static_cast<std::uint32_t>(key.kind), key.begin, key.end()};
  Sha256 hash;
  hash.update(std::as_bytes(std::span(key.salt)));
  hash.update(std::as_bytes(std::span(key.parent.data(), key.parent.size())));
  hash.update(std::as_bytes(std::span(&numbers, 1)));
  hash.update(std::as_bytes(key.tokens));
  return hash.finish();
}

BlockImage begin_block(const BlockKey& key, std::size_t payload_hint) {
  Fixed fixed{};
  fixed.magic = kMagic;
  fixed.version = kVersion;
  fixed.head_bytes = static_cast<std::uint32_t>(sizeof fixed + key.tokens.size_bytes());
  fixed.salt = key.salt;
  std::copy_n(key.parent.begin(), std::min(key.parent.size(), kNameChars), fixed.parent.begin());
  fixed.kind = static_cast<std::uint32_t>(key.kind);
  fixed.begin = key.begin;
  fixed.end = key.end();
  BlockImage image;
  image.reserve(fixed.head_bytes + payload_hint);
  const auto head = std::as_bytes(std::span(&fixed, 1));
  const auto tokens = std::as_bytes(key.tokens);
  image.insert(image.end(), head.begin(), head.end());
  image.insert(image.end(), tokens.begin(), tokens.end());
  return image;
}

void seal_block(BlockImage& image) {
  Fixed fixed = fixed_of(image);
  const std::span<const std::byte> all = image;
  fixed.payload_bytes = image.size() - fixed.head_bytes;
  fixed.payload_hash = hash_of(all.subspan(fixed.head_bytes));
  fixed.head_hash = head_hash(fixed, all.subspan(sizeof fixed, fixed.head_bytes - sizeof fixed));
  std::memcpy(image.data(), &fixed, sizeof fixed);
}

Result<std::size_t> block_head_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Fixed)) return wrong("is shorter than its head");
  const Fixed fixed = fixed_of(bytes);
  if (fixed.magic != kMagic) return wrong("does not begin as one");
  if (fixed.version != kVersion) return wrong("was written by another version");
  const std::uint64_t tokens = std::uint64_t{fixed.end} - fixed.begin;
  if (fixed.begin >= fixed.end || tokens > kTokensMax || fixed.head_bytes != sizeof fixed + tokens * sizeof(Token)) {
    return wrong("has a head that contradicts itself");
  }
  return fixed.head_bytes;
}

Result<BlockHead> read_block_head(std::span<const std::byte> bytes) {
  HEARTH_ASSIGN(head_bytes, block_head_bytes(bytes));
  if (bytes.size() < head_bytes) return wrong("is shorter than its head");
  const Fixed fixed = fixed_of(bytes);
  const auto tokens = bytes.subspan(sizeof fixed, head_bytes - sizeof fixed);
  if (fixed.head_hash != head_hash(fixed, tokens)) return wrong("has a damaged head");
  BlockHead head;
  head.salt = fixed.salt;
  if (fixed.parent.front() != '\0') head.parent.assign(fixed.parent.begin(), fixed.parent.end());
  head.kind = static_cast<BlockKind>(fixed.kind);
  head.begin = fixed.begin;
  head.tokens.resize(tokens.size() / sizeof(Token));
  std::memcpy(head.tokens.data(), tokens.data(), tokens.size());
  head.head_bytes = head_bytes;
  head.image_bytes = head_bytes + fixed.payload_bytes;
  head.name = block_name({head.salt, head.parent, head.kind, head.begin, head.tokens});
  return head;
}

Status verify_block(std::span<const std::byte> image, std::string_view name) {
  HEARTH_ASSIGN(head, read_block_head(image));
  if (head.name != name) return wrong("is another one than its name says");
  if (head.image_bytes != image.size()) return wrong("is cut off or has grown");
  if (fixed_of(image).payload_hash != hash_of(image.subspan(head.head_bytes))) return wrong("has damaged contents");
  return {};
}

std::span<const std::byte> block_payload(std::span<const std::byte> image) {
  return image.subspan(fixed_of(image).head_bytes);
}

}  // namespace hearth
