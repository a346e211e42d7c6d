#include "store/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <vector>

#include "base/unique_handle.h"
#include "platform/file.h"

namespace hearth {
namespace {

struct DigestTraits {
  using Type = EVP_MD_CTX*;
  static Type invalid() { return nullptr; }
  static void close(Type context) { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Sha256::State {
  UniqueHandle<DigestTraits> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 15U];
  }
  return text;
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  Sha256 hash;
  constexpr std::size_t kChunkBytes = 1U << 20U;
  std::vector<std::byte> chunk(kChunkBytes);
  for (std::uint64_t at = 0; at < file.size_bytes();) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, file.size_bytes() - at));
    HEARTH_TRY(file.read_at(at, {chunk.data(), n}));
    hash.update({chunk.data(), n});
    at += n;
  }
  return hash.finish();
}

}  // namespace hearth
