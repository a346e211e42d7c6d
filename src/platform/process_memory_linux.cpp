#include "platform/process_memory.h"

#include <malloc.h>

#include <charconv>
#include <string>

#include "platform/file.h"

namespace hearth {

// Source: proc(5), VmHWM in /proc/[pid]/status, in kB of 1024 bytes.
Result<std::uint64_t> peak_rss_bytes(int pid) {
  const std::string path = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/status";
  constexpr std::uint64_t kStatusBytesMax = 1U << 16U;
  HEARTH_ASSIGN(status, read_file(path, kStatusBytesMax));
  constexpr std::string_view kField = "VmHWM:";
  const auto at = status.find(kField);
  std::uint64_t kib = 0;
  if (at != std::string::npos) {
    const auto digits = status.find_first_of("0123456789", at + kField.size());
    if (digits != std::string::npos) (void)std::from_chars(status.data() + digits, status.data() + status.size(), kib);
  }
  if (kib == 0) return fail(ErrorCode::kUnavailable, path + " tells no peak memory (VmHWM)");
  return kib * 1024;
}

// Source: malloc_trim(3), of the GNU library; others keep little.
void give_back_free_memory() {
#ifdef __GLIBC__
  (void)::malloc_trim(0);
#endif
}

}  // namespace hearth
