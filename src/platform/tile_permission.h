// The matrix registers of x86 (AMX) are the kernel's to grant.
#pragma once

namespace hearth {

// Asks for them for all threads of this process; false when the kernel or the CPU says no. Asking again is cheap.
[[nodiscard]] bool allow_tile_registers();

}  // namespace hearth
