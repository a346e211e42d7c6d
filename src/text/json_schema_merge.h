// Two JSON Schemas into one that holds what both hold.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "hearth/result.h"

namespace hearth {

// What can only be said by both at once (the same property in both, items) becomes an inner allOf. References must be
// resolved before. kInvalidArgument: nothing satisfies both; kUnsupported: they can't be merged. `place` names them.
[[nodiscard]] Result<nlohmann::ordered_json> merge_schemas(nlohmann::ordered_json a, const nlohmann::ordered_json& b,
                                                           const std::string& place);

// Whether a value of a schema's enum or const has one of the types that "type" (absent: all) names.
[[nodiscard]] bool has_schema_type(const nlohmann::ordered_json& value, const nlohmann::ordered_json& type);

// "the JSON Schema at #/a: what".
[[nodiscard]] Error schema_error(ErrorCode code, const std::string& place, const std::string& what);

}  // namespace hearth
