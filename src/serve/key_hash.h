// The hash that stands for an API key.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace hearth::serve {

// SHA-256 of salt and key.
[[nodiscard]] std::array<unsigned char, 32> key_hash(std::span<const unsigned char, 16> salt, std::string_view clear);

}  // namespace hearth::serve
