// Where a header's bytes come from: memory, a file, or (later) ranges of a remote file. Readers see only this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// Random access to a fixed number of bytes. An implementation states its thread rule.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  // What the user calls it: a path or an address. Used in messages.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Fills all of `out`; the caller has checked that offset + out.size() <= size_bytes(). May fail with Io or, for a
  // source that shrank, InvalidData.
  virtual Status read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
};

// Borrowed memory; it must outlive the source. Externally synchronised.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes, std::string name = "memory")
      : bytes_(bytes), name_(std::move(name)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] const std::string& name() const override { return name_; }
  Status read_at(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

// An open file. Externally synchronised.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(ReadableFile file) : file_(std::move(file)), name_(file_.path().string()) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return file_.size_bytes(); }
  [[nodiscard]] const std::string& name() const override { return name_; }
  Status read_at(std::uint64_t offset, std::span<std::byte> out) override { return file_.read_at(offset, out); }

 private:
  ReadableFile file_;
  std::string name_;
};

}  // namespace hearth
