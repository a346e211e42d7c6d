// YAML of a JSON value, in the order of its keys.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace hearth {

// Block style. Text that any YAML version could read as something else is in double quotes.
[[nodiscard]] std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace hearth
