#include "plugin_host/host_services.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include "plugin_host/wire_messages.h"

namespace hearth {
namespace {

HostServices& of(void* ctx) { return *static_cast<HostServices*>(ctx); }

}  // namespace

void* aligned_heap_alloc(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0 || !std::has_single_bit(alignment)) return nullptr;
  void* memory = nullptr;
  return ::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) == 0 ? memory : nullptr;
}

void* InProcessServices::alloc(std::size_t size, std::size_t alignment) noexcept {
  return aligned_heap_alloc(size, alignment);
}

void InProcessServices::dealloc(void* memory, std::size_t) noexcept { std::free(memory); }

void InProcessServices::log(LogLevel level, std::string_view component, std::string_view message) noexcept {
  const std::shared_lock lock(mutex_);
  if (logger_ != nullptr) logger_->write(level, component, message);
}

void InProcessServices::retire() noexcept {
  const std::unique_lock lock(mutex_);
  logger_ = nullptr;
}

HostTable::HostTable(std::unique_ptr<HostServices> services) : services_(std::move(services)) {
  table_.struct_size = sizeof(table_);
  table_.abi_major = HEARTH_ABI_MAJOR;
  table_.abi_minor = HEARTH_ABI_MINOR;
  table_.ctx = services_.get();
  table_.alloc = [](void* ctx, std::size_t size, std::size_t alignment) { return of(ctx).alloc(size, alignment); };
  table_.dealloc = [](void* ctx, void* memory, std::size_t size) { of(ctx).dealloc(memory, size); };
  table_.log = [](void* ctx, std::int32_t level, hearth_str component, hearth_str message) {
    const auto known = static_cast<LogLevel>(std::clamp<std::int32_t>(level, HEARTH_LOG_DEBUG, HEARTH_LOG_ERROR));
    of(ctx).log(known, view(component), view(message));
  };
  table_.now_ns = [](void*) -> std::int64_t {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
}

}  // namespace hearth
