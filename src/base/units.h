// Byte units and their human form. Bytes inside, GiB (2^30) shown.
#pragma once

#include <cstdint>
#include <string>

namespace hearth {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

// "512 B", "3.2 KiB", "1.1 MiB", "7.95 GiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// a*b and a+b, or false when the product or sum leaves 64 bits: sizes in files are not to be trusted.
[[nodiscard]] bool checked_mul(std::uint64_t a, std::uint64_t b, std::uint64_t& out);
[[nodiscard]] bool checked_add(std::uint64_t a, std::uint64_t b, std::uint64_t& out);

}  // namespace hearth
