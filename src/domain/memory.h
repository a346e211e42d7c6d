// Bytes by component, device and kind of buffer: what a model needs, or what it really holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hearth {

// The stable names of components, as written in plans, metrics and --json output.
namespace memory_component {
inline constexpr const char* kWeights = "weights";
inline constexpr const char* kKvCache = "kv_cache";
inline constexpr const char* kRecurrentState = "recurrent_state";
inline constexpr const char* kCompute = "compute";
inline constexpr const char* kOutput = "output";
inline constexpr const char* kProjector = "projector";
inline constexpr const char* kAdapter = "adapter";
inline constexpr const char* kRuntime = "runtime";
inline constexpr const char* kInput = "input";  // buffers of a tensor model's inputs
}  // namespace memory_component

struct MemoryItem {
  std::string device;       // "cpu" or a device id of the runtime
  std::string buffer_kind;  // the runtime's own name, e.g. "CPU_REPACK"
  std::string component;    // memory_component::*
  std::uint64_t bytes = 0;
  std::uint64_t mapped_bytes = 0;  // the file-backed part of bytes
  bool operator==(const MemoryItem&) const = default;
};

struct MemoryBreakdown {
  std::vector<MemoryItem> items;

  [[nodiscard]] std::uint64_t total_bytes() const;
  [[nodiscard]] std::uint64_t mapped_bytes() const;
  // Bytes of one component over all devices; 0 if it has none.
  [[nodiscard]] std::uint64_t component_bytes(const std::string& component) const;
  [[nodiscard]] std::map<std::string, std::uint64_t> by_component() const;
  [[nodiscard]] std::map<std::string, std::uint64_t> by_device() const;
};

}  // namespace hearth
