// Files and folders of the operating system. Nothing here trusts a size before it has seen it.
// Error codes of every call here: NotFound, PermissionDenied, InvalidData (a folder where a file is expected, or the
// reverse; a size over the caller's bound), Io (read or write failed, disk full). All functions are thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_handle.h"
#include "hearth/result.h"

namespace hearth {

enum class FileKind { kRegular, kFolder, kOther };  // other: device, pipe, socket

struct FileInfo {
  std::uint64_t size_bytes = 0;
  FileKind kind = FileKind::kOther;
  std::chrono::system_clock::time_point modified_at;
};

// Follows symbolic links.
Result<FileInfo> file_info(const std::filesystem::path& path);

// The whole content of a regular file; InvalidData when it holds more than `size_bytes_max`. Files whose size the
// system reports as 0 although they have content (/proc, /sys) are read to their end.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t size_bytes_max);

// Replaces `path` with `content` so that readers, and a machine that loses power, see the old or the new file and
// never a part: temporary file in the same folder, flush to the disk, rename, flush of the folder. The mode of an
// existing file is kept; a new one gets 0666 less the umask. Cost: two flushes, milliseconds on an SSD.
Status write_file_atomic(const std::filesystem::path& path, std::string_view content);

// The names inside a folder, sorted, without "." and "..". InvalidData when there are more than `entries_max`.
Result<std::vector<std::string>> list_folder(const std::filesystem::path& path, std::size_t entries_max = 1'000'000);

// Makes the folder and its parents; done when it is there already.
Status ensure_folder(const std::filesystem::path& path);

// Removes one file or one empty folder; NotFound when there is nothing.
Status remove_path(const std::filesystem::path& path);

struct FileDescriptorTraits {
  using Type = int;
  static Type invalid() { return -1; }
  static void close(Type fd);
};
using FileDescriptor = UniqueHandle<FileDescriptorTraits>;

// A regular file opened for reading at any position. Immutable after open(); read_at() may run from many threads.
class ReadableFile {
 public:
  static Result<ReadableFile> open(const std::filesystem::path& path);

  // Fills all of `out` from `offset`; InvalidData when the file ends before.
  Status read_at(std::uint64_t offset, std::span<std::byte> out) const;

  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return fd_.get(); }  // borrowed

 private:
  ReadableFile(FileDescriptor fd, std::filesystem::path path, std::uint64_t size_bytes)
      : fd_(std::move(fd)), path_(std::move(path)), size_bytes_(size_bytes) {}
  FileDescriptor fd_;
  std::filesystem::path path_;
  std::uint64_t size_bytes_;
};

}  // namespace hearth
