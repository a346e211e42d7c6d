#include "engine/cache_salt.h"

#include <charconv>
#include <span>
#include <string>

#include "store/sha256.h"

namespace hearth {
namespace {

CacheSalt digest_bytes(const std::string& hex) {
  CacheSalt salt{};
  for (std::size_t i = 0; i < salt.size(); ++i)
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, salt[i], 16);
  return salt;
}

}  // namespace

CacheSalt salt_of(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return digest_bytes(hash.finish());
}

CacheSalt salted(const CacheSalt& base, std::string_view digest) {
  if (digest.empty()) return base;
  Sha256 hash;
  hash.update(std::as_bytes(std::span(base)));
  hash.update(std::as_bytes(std::span(digest)));
  return digest_bytes(hash.finish());
}

}  // namespace hearth
