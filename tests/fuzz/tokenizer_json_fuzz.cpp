// tokenizer.json: whatever it holds, it is refused or it encodes.
#include <cstdint>
#include <string_view>

#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = hearth::Tokenizer::parse(text);
  if (!tokenizer) return 0;
  for (const std::size_t most : {0, 3, 16}) {
    (void)tokenizer->encode("Hello, w\xc3\xb6rld! [CLS] \xe4\xb8\xad 12", most);
    (void)tokenizer->encode_pair(text.substr(0, 64), "a \xff b", most);
  }
  return 0;
}
