#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "platform/disk.h"
#include "platform/file.h"
#include "platform/os_error.h"

namespace hearth {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBlockBytes = 4U << 20U;
constexpr std::size_t kPageBytes = 4096;
constexpr std::uint64_t kFileBytesMin = 16U << 20U;  // less says nothing about a disk
constexpr int kReadsOfGroup = 64;

struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
using Block = std::unique_ptr<std::byte, Freed>;

// Reading past the cache wants memory and offsets in whole pages. Filled with what no drive compresses.
Block make_block() {
  Block block(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, kBlockBytes)));
  std::uint64_t state = 0x9e3779b97f4a7c15U;
  for (std::size_t at = 0; block != nullptr && at < kBlockBytes; ++at) {
    state ^= state << 13U, state ^= state >> 7U, state ^= state << 17U;
    block.get()[at] = static_cast<std::byte>(state);
  }
  return block;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// O_TMPFILE: the file never has a name.
Result<FileDescriptor> make_file(const std::filesystem::path& folder) {
  struct statfs system = {};
  if (::statfs(folder.c_str(), &system) != 0) return fail(os_error("look at", folder.native(), errno));
  if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)
    return fail(ErrorCode::kUnsupported, "'" + folder.native() + "' lies in memory, not on a disk",
                "set HEARTH_HOME to a folder on a disk");
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_DIRECT, 0600));
  if (!file && (errno == EINVAL || errno == EOPNOTSUPP || errno == EISDIR))
    return fail(ErrorCode::kUnsupported, "the file system of '" + folder.native() + "' can't read past the page cache",
                "set HEARTH_HOME to a folder on a local disk");
  if (!file) return fail(os_error("make a file in", folder.native(), errno));
  return file;
}

Result<std::uint64_t> fill(const FileDescriptor& file, const std::byte* block, const DiskTrial& trial) {
  const auto begin = Clock::now();
  std::uint64_t bytes = 0;
  while (bytes + kBlockBytes <= trial.file_bytes && Clock::now() - begin < trial.write_max) {
    const auto written = ::pwrite(file.get(), block, kBlockBytes, static_cast<off_t>(bytes));
    if (written != static_cast<ssize_t>(kBlockBytes))
      return fail(os_error("write", "a file to measure with", written < 0 ? errno : ENOSPC));
    bytes += kBlockBytes;
  }
  if (bytes < kFileBytesMin)
    return fail(ErrorCode::kUnsupported,
                "the disk took fewer than 16 MiB in " + std::to_string(trial.write_max.count()) + " ms",
                "measure again when it is idle");
  return bytes;
}

Status read_through(const FileDescriptor& file, std::byte* block, const DiskTrial& trial, DiskSpeed& speed) {
  const auto begin = Clock::now();
  std::uint64_t at = 0;
  while (speed.sequential_GBps.size() < 5 || Clock::now() - begin < trial.sequential_max) {
    const auto started = Clock::now();
    std::uint64_t bytes = 0;
    for (int i = 0; i < 4; ++i, at = (at + kBlockBytes) % speed.file_bytes, bytes += kBlockBytes)
      if (::pread(file.get(), block, kBlockBytes, static_cast<off_t>(at)) != static_cast<ssize_t>(kBlockBytes))
        return fail(os_error("read", "a file to measure with", errno));
    speed.sequential_GBps.push_back(static_cast<double>(bytes) / 1e9 / seconds_since(started));
    if (Clock::now() - begin > 2 * trial.sequential_max) break;
  }
  return {};
}

Status read_pages(const FileDescriptor& file, std::byte* block, const DiskTrial& trial, DiskSpeed& speed) {
  const auto begin = Clock::now();
  std::uint64_t state = 0x2545f4914f6cdd1dU;
  const std::uint64_t pages = speed.file_bytes / kPageBytes;
  while (speed.random_4k_iops.size() < 5 || Clock::now() - begin < trial.random_max) {
    const auto started = Clock::now();
    for (int i = 0; i < kReadsOfGroup; ++i) {
      state ^= state << 13U, state ^= state >> 7U, state ^= state << 17U;
      if (::pread(file.get(), block, kPageBytes, static_cast<off_t>(state % pages * kPageBytes)) != kPageBytes)
        return fail(os_error("read", "a file to measure with", errno));
    }
    speed.random_4k_iops.push_back(kReadsOfGroup / seconds_since(started));
    if (Clock::now() - begin > 2 * trial.random_max) break;
  }
  return {};
}

}  // namespace

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
  struct statfs system = {};
  if (::statfs(folder.c_str(), &system) != 0) return fail(os_error("look at", folder.native(), errno));
  const auto unit = static_cast<std::uint64_t>(system.f_bsize);
  return DiskSpace{system.f_blocks * unit, system.f_bavail * unit};
}

std::optional<std::string> block_device_of(const std::filesystem::path& folder) {
  struct stat info = {};
  if (::stat(folder.c_str(), &info) != 0 || major(info.st_dev) == 0) return std::nullopt;
  return std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev));
}

Result<DiskSpeed> try_disk(const std::filesystem::path& folder, const DiskTrial& trial) {
  const Block block = make_block();
  if (block == nullptr) return fail(ErrorCode::kOutOfMemory, "no memory to measure the disk with");
  HEARTH_ASSIGN(file, make_file(folder));
  DiskSpeed speed;
  HEARTH_ASSIGN(bytes, fill(file, block.get(), trial));
  speed.file_bytes = bytes;
  HEARTH_TRY(read_through(file, block.get(), trial, speed));
  HEARTH_TRY(read_pages(file, block.get(), trial, speed));
  return speed;
}

}  // namespace hearth
