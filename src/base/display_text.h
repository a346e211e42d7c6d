// Text from records, files and requests on its way to people and to other programs' files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth {

// `text` on one line: valid UTF-8 without control characters, line breaks or marks that turn the direction of writing.
// Each run of them is one blank, broken UTF-8 becomes U+FFFD; a name can thus move no cursor and open no new line.
[[nodiscard]] std::string one_line(std::string_view text);

// Columns that valid UTF-8 takes in a terminal: marks take none, East Asian wide characters take two.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace hearth
