// What a machine feels at one moment, and the parts of it that can be asked to do less. What can't be read is absent.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth {

// What models do. One table names them: modality_name().
enum class Modality { kText, kVision, kHearing, kSpeaking };
inline constexpr std::size_t kModalities = 4;
inline constexpr std::array<std::string_view, kModalities> kModalityNames = {"llm", "vision", "stt", "tts"};
[[nodiscard]] constexpr std::string_view modality_name(Modality modality) {
  return kModalityNames[static_cast<std::size_t>(modality)];
}

struct TelemetrySample {
  std::chrono::steady_clock::time_point at{};
  std::optional<double> temperature_c;           // the hottest of processor, accelerators and zones
  std::optional<double> throttle_c;              // where the machine slows down by itself
  std::optional<std::uint64_t> throttle_events;  // a counter since the start of the machine
  std::optional<double> clock_share;             // of the highest clock, 0 to 1
  std::optional<double> power_w;                 // of the whole machine, or of what can be read of it
  std::optional<double> battery_percent;
  std::optional<bool> on_ac;
  std::optional<std::uint64_t> memory_total_bytes, memory_available_bytes;  // a container's where it is tighter
  std::optional<std::uint64_t> swap_used_bytes;
  std::optional<double> memory_stall_percent;         // pressure stall information, "some", of the last 10 s
  std::optional<std::uint64_t> out_of_memory_events;  // of the control group: allocations that failed, processes killed
  std::optional<std::uint64_t> vram_total_bytes, vram_free_bytes;
  std::optional<std::uint64_t> disk_free_bytes;
  std::optional<double> cpu_share;  // of all processors' time since the last sample, 0 to 1
  std::uint32_t waiting_requests = 0;
  std::optional<double> slo_missed_share;      // of the requests that ended lately, 0 to 1
  std::array<double, kModalities> activity{};  // share of the computing each modality had lately, 0 to 1
};

}  // namespace hearth
