#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "platform/append_file.h"
#include "platform/os_error.h"

namespace hearth {

Result<AppendFile> AppendFile::open(const std::filesystem::path& path) {
  constexpr mode_t kMode = 0666;
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
  if (fd.get() < 0) return fail(os_error("open", path.native(), errno));
  return AppendFile(std::move(fd), path);
}

Status AppendFile::append(std::string_view bytes) const {
  ssize_t n = -1;
  do n = ::write(fd_.get(), bytes.data(), bytes.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(os_error("write", path_.native(), errno));
  if (static_cast<std::size_t>(n) != bytes.size())
    return fail(ErrorCode::kIo, "only a part of a record was written to '" + path_.native() + "'",
                "free some space on the disk");
  return {};
}

}  // namespace hearth
