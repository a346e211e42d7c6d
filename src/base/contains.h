// Whether a list of words holds one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

[[nodiscard]] inline bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace hearth
