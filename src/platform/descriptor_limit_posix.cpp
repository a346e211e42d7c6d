#include <sys/resource.h>

#include <algorithm>

#include "platform/descriptor_limit.h"

namespace hearth {

std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  const rlim_t reachable = std::min<rlim_t>(wanted, limit.rlim_max);
  if (before >= reachable) return static_cast<std::size_t>(before);
  limit.rlim_cur = reachable;
  return static_cast<std::size_t>(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? reachable : before);
}

}  // namespace hearth
