// What a host gives the plugins it opens: memory, log, clock.
#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string_view>

#include "base/log.h"
#include "hearth/abi/hearth_plugin.h"

namespace hearth {

// Called from any thread of a plugin.
class HostServices {
 public:
  virtual ~HostServices() = default;
  [[nodiscard]] virtual void* alloc(std::size_t size, std::size_t alignment) noexcept = 0;  // null on failure
  virtual void dealloc(void* memory, std::size_t size) noexcept = 0;
  virtual void log(LogLevel level, std::string_view component, std::string_view message) noexcept = 0;
  // The host is done with the plugin. Calls may still come, because a plugin lives to the end of the process; what they
  // would reach may be gone.
  virtual void retire() noexcept = 0;
};

// For plugins in the host's own process: the process's heap and the host's logger (borrowed until retire; may be null).
class InProcessServices final : public HostServices {
 public:
  explicit InProcessServices(Logger* logger) : logger_(logger) {}
  void* alloc(std::size_t size, std::size_t alignment) noexcept override;
  void dealloc(void* memory, std::size_t size) noexcept override;
  void log(LogLevel level, std::string_view component, std::string_view message) noexcept override;
  void retire() noexcept override;

 private:
  std::shared_mutex mutex_;
  Logger* logger_;
};

// Aligned memory of the heap, or null for a size of 0, an alignment that is no power of two, or no memory left.
// Freed with std::free.
[[nodiscard]] void* aligned_heap_alloc(std::size_t size, std::size_t alignment) noexcept;

// The C table over services. Not movable: plugins hold its address.
class HostTable {
 public:
  explicit HostTable(std::unique_ptr<HostServices> services);
  HostTable(const HostTable&) = delete;
  HostTable& operator=(const HostTable&) = delete;
  [[nodiscard]] const hearth_host* get() const { return &table_; }
  [[nodiscard]] HostServices& services() { return *services_; }

 private:
  std::unique_ptr<HostServices> services_;
  hearth_host table_{};
};

}  // namespace hearth
