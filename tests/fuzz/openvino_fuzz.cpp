// The OpenVINO IR reader on any text; what it accepts must lie inside the .bin file it was told of.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/openvino_ir.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kBinBytes = 4096;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  const auto table = hearth::parse_openvino_ir(xml, "fuzz.xml", "fuzz.bin", kBinBytes);
  if (table && table->weight_bytes() > kBinBytes) std::abort();
  return 0;
}
