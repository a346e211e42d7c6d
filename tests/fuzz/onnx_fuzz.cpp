// The onnx reader on any bytes; what it accepts must lie inside the file.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "formats/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::MemorySource source(std::as_bytes(std::span(data, size)), "fuzz.onnx");
  const auto table = hearth::read_onnx(source);
  if (!table) return 0;
  for (const auto& tensor : table->tensors)
    if (tensor.external_file.empty() && tensor.offset > size) std::abort();
  return 0;
}
