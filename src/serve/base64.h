// Base64 as JSON bodies carry pictures, vectors and sound.
#pragma once

#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth::serve {

// The bytes of a text in base64, standard or URL-safe letters, padded or not, with line breaks; or of a data URL
// ("data:image/jpeg;base64,..."). kInvalidArgument names the first letter that is none.
// Source: RFC 4648, sections 4 and 5; RFC 2397.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

// Standard letters with padding, without line breaks. Source: RFC 4648, section 4.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);

}  // namespace hearth::serve
