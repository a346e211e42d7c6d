#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/units.h"
#include "platform/file.h"
#include "platform/os_error.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// One read() returns at most this; keeps the bound on a file that grows while it is read.
constexpr std::size_t kReadChunkBytes = 1 << 20;

struct FolderTraits {
  using Type = DIR*;
  static Type invalid() { return nullptr; }
  static void close(Type folder) { ::closedir(folder); }
};
using Folder = UniqueHandle<FolderTraits>;

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  return S_ISDIR(mode) ? FileKind::kFolder : FileKind::kOther;
}

std::chrono::system_clock::time_point modified_at(const struct stat& st) {
#ifdef __APPLE__
  const timespec& time = st.st_mtimespec;
#else
  const timespec& time = st.st_mtim;
#endif
  const auto since_epoch = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

struct OpenedFile {
  FileDescriptor fd;
  struct stat st = {};
};

// O_NONBLOCK: opening a pipe nobody writes to must not hang before its kind is seen.
Result<OpenedFile> open_regular(const fs::path& path) {
  OpenedFile file;
  file.fd = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.fd || ::fstat(file.fd.get(), &file.st) != 0) return fail(os_error("open", path.native(), errno));
  if (S_ISDIR(file.st.st_mode)) return fail(os_error("read", path.native(), EISDIR));
  if (!S_ISREG(file.st.st_mode))
    return fail(ErrorCode::kInvalidData,
                "can't read '" + path.native() + "': it is a device, pipe or socket, not a file",
                "give a regular file");
  return file;
}

Error too_large(const fs::path& path, std::uint64_t size_bytes_max) {
  return Error(
      ErrorCode::kInvalidData,
      "'" + path.native() + "' is larger than the " + format_bytes(size_bytes_max) + " that are read of such a file",
      "check that this is the file you mean");
}

// write() until all is out; the number of the failure, or 0.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

struct Temporary {
  FileDescriptor fd;
  std::string path;
};

// A new file beside `path`. Not mkstemp(): open() lets the system apply the umask, which can't be read thread-safely.
Result<Temporary> create_beside(const fs::path& path) {
  constexpr int kTries = 100;  // a name is taken only by a process that died half-way with the same id and time
  for (int i = 0; i < kTries; ++i) {
    const auto ticks = std::chrono::steady_clock::now().time_since_epoch().count();
    Temporary temporary;
    temporary.path = path.native() + "." + std::to_string(::getpid()) + "-" + std::to_string(ticks) + ".tmp";
    temporary.fd = FileDescriptor(::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (temporary.fd) return temporary;
    if (errno != EEXIST) break;
  }
  return fail(os_error("write", path.native(), errno));
}

// Makes the rename itself survive a power cut. Some file systems can't flush a folder; the data is flushed anyway.
void flush_folder(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) (void)::fsync(fd.get());
}

}  // namespace

void FileDescriptorTraits::close(Type fd) { ::close(fd); }

Result<FileInfo> file_info(const fs::path& path) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) != 0) return fail(os_error("look at", path.native(), errno));
  return FileInfo{static_cast<std::uint64_t>(st.st_size), kind_of(st.st_mode), modified_at(st)};
}

Result<std::string> read_file(const fs::path& path, std::uint64_t size_bytes_max) {
  HEARTH_ASSIGN(file, open_regular(path));
  const auto size_bytes = static_cast<std::uint64_t>(file.st.st_size);
  if (size_bytes > size_bytes_max) return fail(too_large(path, size_bytes_max));
  std::string content;
  std::size_t filled = 0;
  while (true) {
    const std::uint64_t room = std::min<std::uint64_t>(kReadChunkBytes, size_bytes_max + 1 - filled);
    content.resize(filled + room);
    const ssize_t n = ::read(file.fd.get(), content.data() + filled, room);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error("read", path.native(), errno));
    filled += static_cast<std::size_t>(n);
    if (filled > size_bytes_max) return fail(too_large(path, size_bytes_max));
    if (n == 0) break;
  }
  content.resize(filled);
  content.shrink_to_fit();  // whoever keeps hundreds of small files would keep a chunk for each
  return content;
}

Status write_file_atomic(const fs::path& path, std::string_view content) {
  struct stat st = {};
  const bool replaces = ::stat(path.c_str(), &st) == 0;
  if (replaces && S_ISDIR(st.st_mode)) return fail(os_error("write", path.native(), EISDIR));
  HEARTH_ASSIGN(temporary, create_beside(path));
  int failure = replaces && ::fchmod(temporary.fd.get(), st.st_mode & 07777) != 0 ? errno : 0;
  if (failure == 0) failure = write_all(temporary.fd.get(), content);
  if (failure == 0 && ::fsync(temporary.fd.get()) != 0) failure = errno;
  if (::close(temporary.fd.release()) != 0 && failure == 0) failure = errno;
  if (failure == 0 && ::rename(temporary.path.c_str(), path.c_str()) != 0) failure = errno;
  if (failure != 0) {
    (void)::unlink(temporary.path.c_str());
    return fail(os_error("write", path.native(), failure));
  }
  flush_folder(path.parent_path());
  return {};
}

Result<std::vector<std::string>> list_folder(const fs::path& path, std::size_t entries_max) {
  const Folder folder(::opendir(path.c_str()));
  if (!folder && errno == ENOTDIR)
    return fail(ErrorCode::kInvalidData, "can't list '" + path.native() + "': it is a file, not a folder",
                "give a folder");
  if (!folder) return fail(os_error("list", path.native(), errno));
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == entries_max)
      return fail(ErrorCode::kInvalidData,
                  "'" + path.native() + "' holds more than " + std::to_string(entries_max) + " entries");
    names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return fail(os_error("list", path.native(), errno));
  std::sort(names.begin(), names.end());
  return names;
}

Status ensure_folder(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) return fail(os_error("make the folder", path.native(), failure.value()));
  struct stat st = {};
  if (::stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode))
    return fail(ErrorCode::kInvalidData, "can't make the folder '" + path.native() + "': a file is in its place",
                "remove the file or choose another folder");
  return {};
}

Status remove_path(const fs::path& path) {
  if (::remove(path.c_str()) != 0) return fail(os_error("remove", path.native(), errno));
  return {};
}

Result<ReadableFile> ReadableFile::open(const fs::path& path) {
  HEARTH_ASSIGN(file, open_regular(path));
  return ReadableFile(std::move(file.fd), path, static_cast<std::uint64_t>(file.st.st_size));
}

Status ReadableFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t n = ::pread(fd_.get(), out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(os_error("read", path_.native(), errno));
    if (n == 0)
      return fail(ErrorCode::kInvalidData,
                  "'" + path_.native() + "' ends at byte " + std::to_string(offset + filled) + ", " +
                      std::to_string(out.size() - filled) + " bytes before the end of what is read",
                  "the file is truncated: fetch it again");
    filled += static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace hearth
