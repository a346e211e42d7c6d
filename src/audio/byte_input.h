// Bytes at any position: a file's or memory's. What reads sound files sees nothing else of the system.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hearth/result.h"

namespace hearth {

// One thread at a time.
class ByteInput {
 public:
  virtual ~ByteInput() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  // Fills all of `out`; never asked for bytes beyond size_bytes().
  [[nodiscard]] virtual Status read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
};

// The memory is borrowed and outlives the input.
class MemoryInput final : public ByteInput {
 public:
  explicit MemoryInput(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::ranges::copy(bytes_.subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
    return {};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace hearth
