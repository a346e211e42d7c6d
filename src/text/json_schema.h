// Brings a JSON Schema into the form that the grammar compiler enforces, or says what can't be enforced and where.
#pragma once

#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct LoweredSchema {
  std::string json;
  std::vector<std::string> notices;  // keywords left out, one sentence each with its place
};

// allOf and keywords beside $ref, anyOf or enum are merged in; annotations go; keywords that a grammar can't count or
// negate are left out with a notice. Bounds: 256 KiB, 48 levels, 20,000 values after merging, 2,000 repetitions.
// kInvalidArgument: no schema, or one that no finite value satisfies. kUnsupported: outside the bounds, references
// outside the document, allOf that can't be merged. Each names its place as a JSON pointer.
[[nodiscard]] Result<LoweredSchema> lower_json_schema(const std::string& text);

}  // namespace hearth
