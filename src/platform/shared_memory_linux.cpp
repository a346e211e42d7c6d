#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "platform/os_error.h"
#include "platform/shared_memory.h"

namespace hearth {

Result<SharedMemory> SharedMemory::create(const std::string& name, std::size_t size_bytes) {
  FileDescriptor fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail(os_error("make shared memory", name, errno));
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0)
    return fail(os_error("size shared memory", name, errno));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail(os_error("seal shared memory", name, errno));
  return map(std::move(fd), size_bytes, Access::kReadWrite);
}

Result<SharedMemory> SharedMemory::map(FileDescriptor fd, std::size_t size_bytes, Access access) {
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail(os_error("look at shared memory", "descriptor", errno));
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (size_bytes == 0 || info.st_size < 0 || static_cast<std::uint64_t>(info.st_size) < size_bytes)
    return fail(ErrorCode::kInvalidData, "shared memory holds " + std::to_string(info.st_size) + " bytes where " +
                                             std::to_string(size_bytes) + " were promised");
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    return fail(ErrorCode::kInvalidData, "shared memory came without the seal that keeps it from shrinking");
  const int protection = access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = ::mmap(nullptr, size_bytes, protection, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return fail(os_error("map shared memory", std::to_string(size_bytes) + " bytes", errno));
  return SharedMemory(std::move(fd), static_cast<std::byte*>(data), size_bytes);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_bytes_);
}

}  // namespace hearth
