#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "platform/sampled_file.h"

namespace hearth {

std::string_view SampledFile::text() {
  if (path_.empty()) return {};
  if (!fd_) fd_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd_) return {};
  const auto n = ::pread(fd_.get(), buffer_.data(), buffer_.size() - 1, 0);
  if (n >= 0) return {buffer_.data(), static_cast<std::size_t>(n)};
  fd_ = FileDescriptor();  // a device that went away: its file has to be opened anew when it is back
  return {};
}

std::optional<std::int64_t> SampledFile::integer() {
  std::string_view content = text();
  const auto begin = content.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return std::nullopt;
  content.remove_prefix(begin);
  std::int64_t value = 0;
  const auto parsed = std::from_chars(content.data(), content.data() + content.size(), value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace hearth
