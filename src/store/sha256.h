// SHA-256 by OpenSSL, streamed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "hearth/result.h"

namespace hearth {

// Externally synchronised. finish() ends its use.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  // 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The hash of a whole file, read once in bounded memory. Errors as in platform/file.h.
[[nodiscard]] Result<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace hearth
