// Bodies of forms with files: multipart/form-data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

// Views into the body.
struct FormPart {
  std::string name;
  std::string file_name;     // empty: a plain field
  std::string content_type;  // empty where it has none
  std::string_view content;
};

// The boundary of a Content-Type header; empty where the type is no multipart/form-data or names none.
[[nodiscard]] std::string form_boundary(std::string_view content_type);

// The parts in their order. kInvalidArgument: no such boundary, a part without headers or name, no end, or more than
// `parts_max`. Source: RFC 7578; RFC 2046, section 5.1.1.
[[nodiscard]] Result<std::vector<FormPart>> parse_form(std::string_view body, std::string_view boundary,
                                                       std::size_t parts_max = 256);

}  // namespace hearth::serve
