// A key file in any bytes: refused with the line's number, or records that are written as they were read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/api_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = hearth::serve::parse_key_file({reinterpret_cast<const char*>(data), size});
  if (!records) {
    if (records.error().message.find("line ") == std::string::npos) std::abort();
    return 0;
  }
  std::string text;
  for (const auto& record : *records) text += hearth::serve::format_key_line(record) + "\n";
  const auto again = hearth::serve::parse_key_file(text);
  if (!again || again->size() != records->size()) std::abort();
  for (std::size_t i = 0; i < records->size(); ++i)
    if (hearth::serve::format_key_line((*again)[i]) != hearth::serve::format_key_line((*records)[i])) std::abort();
  return 0;
}
