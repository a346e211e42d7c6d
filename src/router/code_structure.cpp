#include "router/code_structure.h"

#include <array>
#include <string_view>

namespace hearth {
namespace {

enum CharClass : std::uint8_t { kNoClass = 0, kLower = 1, kUpper = 2, kDigit = 4, kUnderscore = 8 };
constexpr std::uint8_t kLetter = kLower | kUpper;
constexpr std::uint8_t kNameChar = kLetter | kDigit | kUnderscore;

constexpr std::array<std::uint8_t, 128> kClasses = [] {
  std::array<std::uint8_t, 128> classes{};
  for (char c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = kLower;
  for (char c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = kUpper;
  for (char c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = kDigit;
  classes['_'] = kUnderscore;
  return classes;
}();

// Two signs that stand together in code and seldom in prose: operators, ends of statements and blocks, comments.
constexpr std::string_view kPairs =
    "==!==>->::&&||+=</"
    "/>${<<();\n{\n}\n///*#!";
constexpr std::array<std::uint64_t, 256> kPairTable = [] {
  // For each first sign two words of 64 bits: the second signs that make a pair with it.
  std::array<std::uint64_t, 256> table{};
  for (std::size_t i = 0; i < kPairs.size(); i += 2) {
    const auto first = static_cast<unsigned char>(kPairs[i]);
    const auto second = static_cast<unsigned char>(kPairs[i + 1]);
    table[first * 2U + second / 64U] |= std::uint64_t{1} << (second % 64U);
  }
  return table;
}();

constexpr bool is_pair(std::uint32_t a, std::uint32_t b) {
  return a < 128 && b < 128 && ((kPairTable[a * 2 + b / 64] >> (b % 64)) & 1U) != 0;
}
constexpr std::uint8_t class_of(std::uint32_t c) { return c < 128 ? kClasses[c] : std::uint8_t{kNoClass}; }
constexpr bool is_blank(std::uint32_t c) { return c == ' ' || c == '\t'; }

// The points of sign `b` between `a` and `c`.
float points_of(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  if ((b == '(' || b == '[') && (class_of(a) & kNameChar) != 0) return 1.0F;                      // a call, an index
  if (b == '_' && (class_of(a) & kNameChar) != 0 && (class_of(c) & kNameChar) != 0) return 1.0F;  // snake_case
  if ((class_of(a) & kLower) != 0 && (class_of(b) & kUpper) != 0) return 0.75F;                   // camelCase
  if (b == '.' && (class_of(a) & kLetter) != 0 && (class_of(c) & kLetter) != 0) return 0.25F;     // a member
  if (a == '\n' && is_blank(b) && is_blank(c)) return 0.5F;                                       // an indented line
  return 0;
}

template <class Unit>
CodeStructure scan(std::span<const Unit> text) {
  CodeStructure found;
  const auto at = [&](std::size_t i) -> std::uint32_t {
    if constexpr (sizeof(Unit) == 1) return static_cast<unsigned char>(text[i]);
    return static_cast<std::uint32_t>(text[i]);
  };
  for (std::size_t i = 1; i < text.size(); ++i) {
    const std::uint32_t a = at(i - 1);
    const std::uint32_t b = at(i);
    const std::uint32_t c = i + 1 < text.size() ? at(i + 1) : 0;
    const bool address = a == '/' && b == '/' && i >= 2 && at(i - 2) == ':';  // of a URL, no comment
    found.points += is_pair(a, b) && !address ? 1.5F : points_of(a, b, c);
    if (a == '`' && b == '`' && c == '`') ++found.n_fences;
  }
  found.points += 4.0F * static_cast<float>(found.n_fences);
  return found;
}

}  // namespace

CodeStructure read_code_structure(std::span<const char32_t> text) { return scan(text); }
CodeStructure read_code_structure(std::span<const char> text) { return scan(text); }

}  // namespace hearth
