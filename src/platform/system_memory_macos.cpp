#include "platform/system_memory.h"

#include <mach/mach.h>
#include <sys/sysctl.h>

namespace hearth {

// Free, inactive and purgeable pages can be had without swapping. `root` has no meaning here. Not run by us yet.
Result<SystemMemory> system_memory(const std::filesystem::path&) {
  std::uint64_t total = 0;
  std::size_t size = sizeof total;
  vm_statistics64_data_t pages{};
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  if (::sysctlbyname("hw.memsize", &total, &size, nullptr, 0) != 0 ||
      ::host_statistics64(::mach_host_self(), HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages), &count) !=
          KERN_SUCCESS)
    return fail(ErrorCode::kUnavailable, "the system tells no memory figures (hw.memsize, host_statistics64)");
  const std::uint64_t available =
      (std::uint64_t{pages.free_count} + pages.inactive_count + pages.purgeable_count) * vm_kernel_page_size;
  return SystemMemory{total, available, std::nullopt};
}

}  // namespace hearth
