#include <mach/mach.h>

#include "available_memory.h"

namespace hearth::llama {

// Free and inactive pages: what the system hands out before it compresses.
std::optional<std::uint64_t> available_memory_bytes() {
  vm_statistics64_data_t statistics{};
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  const auto host = mach_host_self();
  vm_size_t page = 0;
  if (host_page_size(host, &page) != KERN_SUCCESS) return std::nullopt;
  if (host_statistics64(host, HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&statistics), &count) != KERN_SUCCESS)
    return std::nullopt;
  return (std::uint64_t{statistics.free_count} + statistics.inactive_count) * page;
}

}  // namespace hearth::llama
