// Bytes over a connected, non-blocking socket, by a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// DeadlineExceeded; Unavailable: the other side is gone.
[[nodiscard]] Status send_all(const FileDescriptor& socket, std::string_view bytes,
                              std::chrono::steady_clock::time_point deadline);
// Everything until the other side closes. InvalidData: more than `bytes_max`.
[[nodiscard]] Result<std::string> receive_all(const FileDescriptor& socket, std::size_t bytes_max,
                                              std::chrono::steady_clock::time_point deadline);

}  // namespace hearth
