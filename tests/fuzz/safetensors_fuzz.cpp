// The safetensors reader on any bytes; what it accepts must account for every byte.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::MemorySource source(std::as_bytes(std::span(data, size)), "fuzz.safetensors");
  const auto table = hearth::read_safetensors(source);
  if (!table) return 0;
  if (table->weight_bytes() > size) std::abort();
  for (const auto& tensor : table->tensors)
    if (tensor.offset + tensor.size_bytes > size) std::abort();
  return 0;
}
