// The host as a runtime sees it: log, clock, memory that outlives a call.
#pragma once

#include <cstdint>
#include <string_view>

#include "hearth/sdk/abi_values.h"

namespace hearth::sdk {

enum class LogLevel : std::int32_t {
  kDebug = HEARTH_LOG_DEBUG,
  kInfo = HEARTH_LOG_INFO,
  kWarn = HEARTH_LOG_WARN,
  kError = HEARTH_LOG_ERROR
};

// Thread-safe. A copy of the host's table, which lives as long as the plugin; functions an older host lacks do nothing.
class Host {
 public:
  explicit Host(const hearth_host* table) : table_(read_struct(table, hearth_host{})) {}

  void log(LogLevel level, std::string_view component, std::string_view message) const {
    if (table_.log != nullptr)
      table_.log(table_.ctx, static_cast<std::int32_t>(level), borrow(component), borrow(message));
  }
  // The host's monotonic clock; 0 where it has none.
  [[nodiscard]] std::int64_t now_ns() const { return table_.now_ns == nullptr ? 0 : table_.now_ns(table_.ctx); }

  // Throws std::bad_alloc; give it back with the same size.
  [[nodiscard]] void* alloc(std::size_t size, std::size_t alignment) const {
    void* memory = table_.alloc == nullptr ? nullptr : table_.alloc(table_.ctx, size, alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
  void dealloc(void* memory, std::size_t size) const {
    if (memory != nullptr && table_.dealloc != nullptr) table_.dealloc(table_.ctx, memory, size);
  }

 private:
  hearth_host table_;
};

}  // namespace hearth::sdk
