// Base64 as JSON bodies carry pictures.
#pragma once

#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth::serve {

// The bytes of a text in base64, standard or URL-safe letters, padded or not, with line breaks; or of a data URL
// ("data:image/jpeg;base64,..."). kInvalidArgument names the first letter that is none.
// Source: RFC 4648, sections 4 and 5; RFC 2397.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

}  // namespace hearth::serve
