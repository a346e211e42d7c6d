// Memory that two processes see, passed between them as a descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// A mapping and, with its maker, the descriptor that others map. Movable; the bytes are the users' to synchronise.
class SharedMemory {
 public:
  SharedMemory() = default;
  // Zeroed memory of a fixed size: it can neither shrink (which would kill its readers) nor grow. OutOfMemory,
  // Unavailable.
  static Result<SharedMemory> create(const std::string& name, std::size_t size_bytes);
  enum class Access { kRead, kReadWrite };
  // Maps what another process made. InvalidData when it holds fewer bytes than promised or could still shrink.
  static Result<SharedMemory> map(FileDescriptor fd, std::size_t size_bytes, Access access);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  [[nodiscard]] std::byte* data() const { return data_; }  // page-aligned; null when empty
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] int descriptor() const { return fd_.get(); }  // borrowed

 private:
  SharedMemory(FileDescriptor fd, std::byte* data, std::size_t size_bytes)
      : fd_(std::move(fd)), data_(data), size_bytes_(size_bytes) {}
  FileDescriptor fd_;
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace hearth
