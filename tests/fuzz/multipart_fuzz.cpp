// Forms come from the network: parts lie inside of the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/base64.h"
#include "serve/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)hearth::serve::decode_base64(body);
  (void)hearth::serve::form_boundary(body.substr(0, 200));
  const auto parts = hearth::serve::parse_form(body, "xyz");
  if (!parts) return 0;
  for (const auto& part : *parts) {
    if (part.name.empty()) std::abort();
    if (!part.content.empty() &&
        (part.content.data() < body.data() || part.content.data() + part.content.size() > body.data() + body.size()))
      std::abort();
  }
  return 0;
}
