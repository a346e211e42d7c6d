// Formats of strings as patterns that come to an end. The others are left to the grammar compiler.
#include <algorithm>
#include <string>

#include "text/json_schema_lowerer.h"

namespace hearth {
namespace {

constexpr int kFractionDigits = 9;  // nanoseconds

// Source: RFC 3339, 5.6, without leap seconds: "23:59:60" is right on a few days only.
std::string time_pattern(int length) {
  std::string out = R"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d)";
  const bool has_offset = length >= 14;
  const int fraction = std::min(kFractionDigits, length - (has_offset ? 15 : 10));
  if (fraction > 0) out += R"((\.\d{1,)" + std::to_string(fraction) + "})?";
  return out + (has_offset ? R"((Z|[+-]([01]\d|2[0-3]):[0-5]\d))" : "Z");
}

// Some of the addresses of RFC 5321, 4.1.2, in two shapes of `length` characters at most: words joined by any number of
// single signs, for which two characters are reckoned each, and long words with one sign before the @.
std::string email_pattern(int length) {
  static constexpr int kPairsMax = 20, kWordMax = 30;
  const int top = std::clamp(length - 4, 2, 6);
  const int room = length - top - 4;  // but for one character on either side, the @ and the dot
  const std::string ending = R"(\.[a-z]{2,)" + std::to_string(top) + "}";
  const auto chained = [room](const char* sign) {
    return "[A-Za-z0-9](" + std::string(sign) + "?[A-Za-z0-9]){0," + std::to_string(std::min(kPairsMax, room / 4)) +
           "}";
  };
  std::string out = chained("[._+-]") + "@" + chained("[.-]") + ending;
  const int word = std::min(kWordMax, (room + 1) / 3);
  if (word > 1) {
    const std::string letters = "[A-Za-z0-9]{1," + std::to_string(word) + "}";
    out += "|" + letters + "([._+-]" + letters + ")?@" + letters + ending;
  }
  return out;
}

}  // namespace

std::optional<BoundedFormat> bounded_format(std::string_view format, std::optional<int> length_max) {
  const int length = length_max.value_or(254);  // Source: RFC 5321, 4.5.3.1.3, less the angle brackets
  if (format == "email") return BoundedFormat{6, "^(" + email_pattern(length) + ")$"};
  if (format == "time") return BoundedFormat{9, "^" + time_pattern(length) + "$"};
  if (format == "date-time")
    return BoundedFormat{20, R"(^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T)" + time_pattern(length - 11) + "$"};
  if (format == "date") return BoundedFormat{10, R"(^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$)"};
  if (format == "uuid")
    return BoundedFormat{36, "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"};
  return std::nullopt;
}

}  // namespace hearth
