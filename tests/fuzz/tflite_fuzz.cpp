// The tflite reader on any bytes; what it accepts must lie inside the file.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "formats/tflite.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::MemorySource source(std::as_bytes(std::span(data, size)), "fuzz.tflite");
  const auto table = hearth::read_tflite(source);
  const auto ports = hearth::read_tflite_quantization(source);
  if (ports)
    for (const auto& port : *ports)
      if (!(port.scale > 0)) std::abort();
  if (!table) return 0;
  for (const auto& tensor : table->tensors)
    if (tensor.external_file.empty() && tensor.offset > size) std::abort();
  return 0;
}
