// A JSON Schema in any bytes: refused with a sentence that names its place, or lowered to JSON that lowers again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "text/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lowered = hearth::lower_json_schema(std::string(reinterpret_cast<const char*>(data), size));
  if (!lowered) {
    if (lowered.error().message.find("the JSON Schema at #") != 0 || lowered.error().hint.empty()) std::abort();
    return 0;
  }
  if (!hearth::lower_json_schema(lowered->json)) std::abort();
  return 0;
}
