// What source code looks like in any language: by its shape, not by the words of one language.
#pragma once

#include <cstdint>
#include <span>

namespace hearth {

struct CodeStructure {
  float points = 0;  // calls, indices, two-sign operators, joined names, line ends, indented lines; see the .cpp
  std::uint32_t n_fences = 0;
  // 0..1 by how much of it there is: 4 points are one half. Source: our choice, checked on prose and code in the tests.
  [[nodiscard]] float score() const { return points / (points + 4); }
  // 0..1 by how dense it stands among `n` characters.
  [[nodiscard]] float density(std::size_t n) const {
    const float share = points * 8 / (static_cast<float>(n) + 20);
    return share < 1 ? share : 1;
  }
};

// One pass over code points, or over bytes of UTF-8: only ASCII is looked for.
[[nodiscard]] CodeStructure read_code_structure(std::span<const char32_t> text);
[[nodiscard]] CodeStructure read_code_structure(std::span<const char> text);

}  // namespace hearth
