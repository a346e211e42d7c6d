// Parts of schemas that several endpoints share. Internal to the openai_schemas files.
#pragma once

#include <string_view>

namespace hearth::serve {

// Members of "properties", without braces.
[[nodiscard]] std::string_view generation_properties();
[[nodiscard]] std::string_view constraint_properties();
// Schemas.
[[nodiscard]] std::string_view usage_schema();
[[nodiscard]] std::string_view hearth_schema();

}  // namespace hearth::serve
