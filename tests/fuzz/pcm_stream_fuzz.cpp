// Sound that comes as bytes, cut anyhow: the same samples however it is cut, all of them finite.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "audio/pcm_stream.h"

namespace {

// The samples of `bytes` in calls of `call` bytes; nothing where they are refused.
std::vector<float> samples_of(std::span<const std::byte> bytes, std::size_t call) {
  auto stream = hearth::PcmStream::create({});
  if (!stream) return {};
  std::vector<float> out;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), call)))
    if (!(*stream)->push(bytes.first(std::min(bytes.size(), call)), out)) return {};
  if (!(*stream)->finish(out)) return {};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto whole = samples_of(bytes, size + 1);
  for (const float value : whole)
    if (!std::isfinite(value) || std::fabs(value) > 2.0F) std::abort();
  if (samples_of(bytes, 1 + size % 7) != whole) std::abort();
  return 0;
}
