#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "platform/file.h"
#include "platform/mapped_file.h"
#include "platform/os_error.h"

namespace hearth {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  const auto size_bytes = static_cast<std::size_t>(file.size_bytes());
  if (size_bytes == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (data == MAP_FAILED) return fail(os_error("map", path.native(), errno));
  return MappedFile(static_cast<const std::byte*>(data), size_bytes);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_bytes_);
}

}  // namespace hearth
