#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/process.h"

namespace hearth {

bool die_with_parent(int expected_parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before the line above took effect.
  return parent_process_id() == expected_parent;
}

void close_descriptors_from(int first) {
#ifdef SYS_close_range
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
  const long last = ::sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < last; ++fd) ::close(fd);
}

}  // namespace hearth
