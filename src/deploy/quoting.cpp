#include "deploy/quoting.h"

#include <algorithm>

namespace hearth {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_plain(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_./:=,@+").find(c) != std::string_view::npos;
  });
}

std::string quoted(std::string_view word, std::string_view escape_of_quote) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += escape_of_quote;
    else
      out += c;
  }
  return out + "'";
}

std::string trimmed_dashes(std::string text) {
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text;
}

}  // namespace

std::string shell_quote(std::string_view word) { return is_plain(word) ? std::string(word) : quoted(word, "'\\''"); }

// PowerShell takes typographic single quotes for quotes too. Source: about_Quoting_Rules.
std::string powershell_quote(std::string_view word) {
  std::string straight;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const std::string_view three = word.substr(at, 3);
    if (three == "\u2018" || three == "\u2019" || three == "\u201A" || three == "\u201B") {
      straight += three;
      straight += three;
      at += 2;
    } else {
      straight += word[at];
    }
  }
  return quoted(straight, "''");
}

std::string systemd_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '%') out += '%';
  }
  return out;
}

std::string systemd_quote(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string out = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '%' || c == '$') out += c;
    out += c;
  }
  return out + "\"";
}

bool fits_ini_value(std::string_view value) { return value.find_first_of(";#") == std::string_view::npos; }

std::string file_slug(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool keep = is_letter(c) || is_digit(c) || c == '_' || (c == '.' && !out.empty());
    if (keep)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == 80) break;
  }
  out = trimmed_dashes(out);
  return out.empty() ? "model" : out;
}

std::string dns_label(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || is_digit(lower))
      out += lower;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == 63) break;
  }
  out = trimmed_dashes(out);
  return out.empty() ? "model" : out;
}

}  // namespace hearth
