// A machine's profile on any bytes: refused, or written and read again as the same text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "documents/profile_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile = hearth::read_profile(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!profile) {
    if (profile.error().message.empty()) std::abort();
    return 0;
  }
  const std::string text = hearth::write_profile(*profile);
  const auto again = hearth::read_profile(text);
  if (!again || hearth::write_profile(*again) != text) std::abort();
  return 0;
}
