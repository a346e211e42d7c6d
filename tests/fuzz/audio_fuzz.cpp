// Sound files of every container from any bytes: opened, mixed down and resampled a block at a time.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "audio/mono_reader.h"

namespace {

constexpr double kSecondsMax = 5.0;  // a small file may decode to hours; as much of it tells enough

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto reader = hearth::MonoReader::open(std::make_unique<hearth::MemoryInput>(bytes));
  if (!reader) return 0;
  const auto& info = (*reader)->info();
  if (info.n_channels == 0 || info.n_channels > 64 || info.sample_rate_hz < 1'000) std::abort();
  std::vector<float> block;
  while ((*reader)->seconds_read() < kSecondsMax) {
    if (!(*reader)->next(block) || block.empty()) return 0;
    for (const float value : block)
      if (!std::isfinite(value) || std::fabs(value) > 2.0F) std::abort();
  }
  return 0;
}
