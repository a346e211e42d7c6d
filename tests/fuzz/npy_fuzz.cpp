// NumPy's files from any bytes.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "audio/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto array = hearth::read_npy(std::as_bytes(std::span(data, size)), 1'000'000);
  if (!array) return 0;
  std::size_t n = 1;
  for (const auto dimension : array->shape) n *= static_cast<std::size_t>(dimension);
  if (n != array->values.size()) std::abort();
  return 0;
}
