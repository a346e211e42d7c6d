#include "platform/process_memory.h"

#include <sys/resource.h>

namespace hearth {

// Source: getrusage(2) on macOS: ru_maxrss is in bytes. Other processes' peaks are not to be had without entitlements.
Result<std::uint64_t> peak_rss_bytes(int pid) {
  struct rusage usage {};
  if (pid != 0 || ::getrusage(RUSAGE_SELF, &usage) != 0)
    return fail(ErrorCode::kUnavailable, "the peak memory of another process can't be read on this system");
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

void give_back_free_memory() {}

}  // namespace hearth
