// Where an encoder puts its bytes: a file, memory, or a stream that takes them in their order alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// One thread at a time.
class ByteOutput {
 public:
  virtual ~ByteOutput() = default;
  // Places up to what was written so far; those written again are replaced.
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // False: bytes that were written can't be replaced, and are left as they are.
  [[nodiscard]] virtual bool can_replace() const { return true; }
};

class MemoryOutput final : public ByteOutput {
 public:
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Hands on what is new, and drops what would replace what it has handed on.
class StreamedOutput final : public ByteOutput {
 public:
  // False: nobody takes more, which ends the encoding with kCancelled.
  using Receiver = std::function<bool(std::span<const std::byte>)>;
  explicit StreamedOutput(Receiver receive) : receive_(std::move(receive)) {}
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] bool can_replace() const override { return false; }

 private:
  Receiver receive_;
  std::uint64_t n_sent_ = 0;
};

}  // namespace hearth
