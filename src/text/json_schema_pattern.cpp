// Which regular expressions a grammar holds inside a JSON string, and how they must be spelt for it.
#include <cctype>

#include "text/json_schema_lowerer.h"

namespace hearth {
namespace {

constexpr int kRepetitionsMax = 128;

// What a JSON string must escape, inside a class. The compiler leaves it out by itself only where it can build one
// automaton of the pattern; where it falls back to rules it does not.
constexpr std::string_view kEscapedInJson = R"("\\\x00-\x1f)";

// A character outside ASCII as \uXXXX; false where that can't say it. `at` moves past it.
bool append_escaped(std::string_view pattern, std::size_t& at, std::string& out) {
  const auto lead = static_cast<unsigned char>(pattern[at]);
  const std::size_t length = lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 0;
  if (length == 0 || at + length > pattern.size()) return false;
  unsigned code = length == 3 ? lead & 0x0FU : lead & 0x1FU;
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(pattern[at + i]) & 0x3FU);
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> static_cast<unsigned>(shift)) & 0xFU];
  at += length;
  return true;
}

bool is_counted_too_high(std::string_view rest) {
  long number = 0;
  for (std::size_t i = 1; i < rest.size() && rest[i] != '}'; ++i) {
    if (std::isdigit(static_cast<unsigned char>(rest[i])) == 0) {
      number = 0;
      continue;
    }
    number = number * 10 + (rest[i] - '0');
    if (number > kRepetitionsMax) return true;
  }
  return false;
}

}  // namespace

// Nothing for what the grammar compiler ignores (look-around) or would write unescaped into the string: quotes and
// backslashes, which may stand only in negated classes.
std::optional<std::string> usable_pattern(std::string_view pattern) {
  std::string out;
  bool in_class = false, negated = false;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (static_cast<unsigned char>(c) >= 0x80) {
      if (!append_escaped(pattern, at, out)) return std::nullopt;
      continue;
    }
    const bool is_escape = c == '\\' && at + 1 < pattern.size();
    const std::string_view piece = pattern.substr(at, is_escape ? 2 : 1);
    const bool needs_json_escape =
        static_cast<unsigned char>(c) < 0x20 || c == '"' || piece == "\\\\" || piece == "\\\"" ||
        (is_escape && std::string_view("nrtvf0xcubBpPkQE123456789").find(piece[1]) != std::string_view::npos);
    if (needs_json_escape && !(in_class && negated)) return std::nullopt;
    if (!in_class && pattern.substr(at).starts_with("(?") && !pattern.substr(at).starts_with("(?:"))
      return std::nullopt;
    if (!in_class && c == '{' && is_counted_too_high(pattern.substr(at))) return std::nullopt;
    const bool opens = !is_escape && c == '[' && !in_class;
    if (opens) {
      in_class = true;
      negated = at + 1 < pattern.size() && pattern[at + 1] == '^';
    } else if (!is_escape && c == ']') {
      in_class = false;
    }
    if (is_escape && (piece[1] == 'S' || piece[1] == 'W' || piece[1] == 'D')) {
      if (in_class) return std::nullopt;
      out += "[^\\" + std::string(1, static_cast<char>(std::tolower(piece[1]))) + std::string(kEscapedInJson) + "]";
    } else if (!in_class && c == '.') {
      out += "[^" + std::string(kEscapedInJson) + "]";
    } else {
      out += piece;
    }
    at += piece.size();
    if (opens && negated) {
      out += "^" + std::string(kEscapedInJson);
      ++at;
    }
  }
  return out;
}

}  // namespace hearth
