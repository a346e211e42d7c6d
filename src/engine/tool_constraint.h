// The shape of an answer that must be a tool's call.
#pragma once

#include <string>
#include <vector>

#include "domain/tool_call.h"
#include "hearth/result.h"

namespace hearth {

// A JSON Schema for {"name": ..., "arguments": {...}} of one of `tools`, or of the one called `only` where that is not
// empty: what the generic call parser reads. kInvalidArgument: no such tool, no tools at all, parameters that are no
// JSON object.
[[nodiscard]] Result<std::string> tool_call_schema(const std::vector<ToolDefinition>& tools, const std::string& only);

}  // namespace hearth
