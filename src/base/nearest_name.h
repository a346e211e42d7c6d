// "Did you mean ...?": the known name nearest to what was typed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hearth {

// A name as names are compared: lower case, blank and underscore as hyphen ("RTX 4090" is "rtx-4090").
[[nodiscard]] std::string plain_name(std::string_view name);

// The name of least Levenshtein distance, ignoring case, if that is at most a third of the longer length (1 at least);
// nothing otherwise. Cost: the sum of products of lengths.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace hearth
