#include <sys/syscall.h>
#include <unistd.h>

#include "platform/tile_permission.h"

namespace hearth {

// Source: Linux kernel documentation, arch/x86/xstate.rst.
bool allow_tile_registers() {
#ifdef SYS_arch_prctl  // x86 only
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace hearth
