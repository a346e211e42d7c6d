// A file's bytes in the address space, read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "hearth/result.h"

namespace hearth {

// Immutable; readable from many threads; movable. The file must not shrink while it is mapped: the operating system
// answers access behind the new end with SIGBUS. Pages count as file-mapped, not anonymous, memory.
class MappedFile {
 public:
  // Error codes as in file.h; an empty file maps to an empty span.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_bytes_}; }

 private:
  MappedFile(const std::byte* data, std::size_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  const std::byte* data_;
  std::size_t size_bytes_;
};

}  // namespace hearth
