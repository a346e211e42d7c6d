#include <sys/mount.h>
#include <sys/param.h>

#include <cerrno>

#include "platform/disk.h"
#include "platform/os_error.h"

namespace hearth {

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
  struct statfs system = {};
  if (::statfs(folder.c_str(), &system) != 0) return fail(os_error("look at", folder.native(), errno));
  return DiskSpace{std::uint64_t{system.f_blocks} * system.f_bsize, std::uint64_t{system.f_bavail} * system.f_bsize};
}

std::optional<std::string> block_device_of(const std::filesystem::path&) { return std::nullopt; }

Result<DiskSpeed> try_disk(const std::filesystem::path&, const DiskTrial&) {
  return fail(ErrorCode::kUnsupported, "disks are not measured on macOS", "nothing is lost but the SSD tier's speed");
}

}  // namespace hearth
