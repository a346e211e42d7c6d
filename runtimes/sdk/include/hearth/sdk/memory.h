// Bytes by component, device and kind of buffer, as estimate, placement and memory_now give them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hearth/sdk/abi_values.h"

namespace hearth::sdk {

struct MemoryItem {
  std::string device;       // "cpu" or a device id of describe
  std::string buffer_kind;  // the runtime's own name
  std::string component;    // HEARTH_MEM_*
  std::uint64_t bytes = 0;
  std::uint64_t mapped_bytes = 0;  // the file-backed part of bytes
  bool operator==(const MemoryItem&) const = default;
};

using MemoryItems = std::vector<MemoryItem>;

inline void emit_memory(const MemoryItems& items, const hearth_memory_emit* emit) {
  const auto& sink = required(emit, "the memory emit callback");
  for (const auto& item : items) {
    const hearth_memory_item out{sizeof(hearth_memory_item), borrow(item.device), borrow(item.buffer_kind),
                                 borrow(item.component),     item.bytes,          item.mapped_bytes};
    sink.item(sink.ctx, &out);
  }
}

}  // namespace hearth::sdk
