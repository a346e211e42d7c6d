// How names of devices, models and engines in measured tables are read: words, needles, sizes. Follows
// tools/fit/evaluate.py.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// Lower-case ASCII words, cut where a letter meets a digit, '+' as the word "plus", framed by blanks:
// "RTX4070 Ti" gives " rtx 4070 ti ". Anything else separates.
[[nodiscard]] std::string normalise_name(std::string_view text);

// True where the words of `needle` (normalised, without frame) stand together in `words` (normalised).
[[nodiscard]] bool has_needle(std::string_view words, std::string_view needle);

// The words of a normalised name.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view words);

// A positive finite decimal number of a column; nothing where it is absent or no such number.
[[nodiscard]] std::optional<double> positive_number(std::string_view text);

// Parameters in 10^9 that a model's name states: total ("30B", "350m", "E4B") and active for each token ("A3B").
struct NamedSizes {
  std::optional<double> total_B;
  std::optional<double> active_B;
};
[[nodiscard]] NamedSizes sizes_in_name(std::string_view model);

// The count in "32GPU" or "32-core GPU" (as normalised words); 0 where none is named.
[[nodiscard]] int gpu_cores_in_name(std::string_view words);

// The number of boards in "4090 24GB * 4" or "RTX 3090 x2", else 1.
[[nodiscard]] int boards_in_name(std::string_view raw, std::string_view words);

}  // namespace hearth
