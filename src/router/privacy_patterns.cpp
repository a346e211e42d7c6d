#include "router/privacy_patterns.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "router/privacy_numbers.h"

namespace hearth {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }

// How many characters from `at` satisfy `wanted`, at most `most`.
template <class Wanted>
std::size_t run_length(std::string_view text, std::size_t at, std::size_t most, Wanted wanted) {
  std::size_t n = 0;
  while (n < most && at + n < text.size() && wanted(text[at + n])) ++n;
  return n;
}

struct KeyForm {
  std::string_view prefix;
  std::size_t rest_min;  // characters of [A-Za-z0-9_.-] that follow
};

// Source: the issuers' documentation of their token formats (OpenAI, Anthropic, GitHub, GitLab, Slack, AWS, Google,
// Stripe, Hugging Face, SendGrid, npm, PyPI).
constexpr std::array kKeyForms = {
    KeyForm{"sk-", 20},         KeyForm{"ghp_", 30},   KeyForm{"gho_", 30},  KeyForm{"ghs_", 30},
    KeyForm{"github_pat_", 30}, KeyForm{"glpat-", 18}, KeyForm{"xoxb-", 20}, KeyForm{"xoxp-", 20},
    KeyForm{"AKIA", 16},        KeyForm{"ASIA", 16},   KeyForm{"AIza", 30},  KeyForm{"sk_live_", 16},
    KeyForm{"rk_live_", 16},    KeyForm{"hf_", 30},    KeyForm{"SG.", 40},   KeyForm{"npm_", 30},
    KeyForm{"pypi-", 40},
};

// First letters of the forms above, of web tokens and of PEM: most words begin with another.
constexpr std::string_view kKeyInitials = "sgxArhSnpeB";

bool key_character(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

// header.payload.signature, each base64url; the first two are JSON objects. Source: RFC 7519.
bool web_token_at(std::string_view text, std::size_t at) {
  const auto part = [](char c) { return is_alnum(c) || c == '_' || c == '-'; };
  const std::size_t header = run_length(text, at, 200, part);
  const std::size_t second = at + header + 1;
  return header >= 10 && second + 3 < text.size() && text[second - 1] == '.' && text.substr(second, 3) == "eyJ";
}

bool looks_like_secret(std::string_view token, bool short_digits) {
  const auto n_digits = static_cast<std::size_t>(std::ranges::count_if(token, is_digit));
  if (short_digits && token.size() <= 8 && n_digits >= 3 && n_digits == token.size()) return true;
  if (token.size() < 6 || token.front() == '<' || token.front() == '$' || token.front() == '{' || token.front() == '*')
    return false;
  const bool letters = std::ranges::any_of(token, [](char c) { return is_upper(c) || is_lower(c); });
  const bool symbols = std::ranges::any_of(
      token, [](char c) { return std::string_view("!@#$%^&*+=~?/\\|_").find(c) != std::string_view::npos; });
  return (letters && n_digits > 0) || (symbols && token.size() >= 8) || n_digits >= 6;
}

struct IbanLength {
  std::size_t length;
  std::string_view countries;  // two letters each
};

// Source: SWIFT, IBAN Registry, release 98.
constexpr std::array kIbanLengths = {
    IbanLength{15, "NO"},
    IbanLength{16, "BE"},
    IbanLength{18, "DKFIFOGLNLSDFK"},
    IbanLength{19, "MKSI"},
    IbanLength{20, "ATBAEEKZLTLUXKMN"},
    IbanLength{21, "CHHRLILV"},
    IbanLength{22, "BGBHCRDEGBGEIEMERSVA"},
    IbanLength{23, "AEGIILIQOMSOTL"},
    IbanLength{24, "ADCZESMDPKROSASESKTNVG"},
    IbanLength{25, "LYPTST"},
    IbanLength{26, "ISTR"},
    IbanLength{27, "BIDJFRGRITMCMRSM"},
    IbanLength{28, "ALAZBYCYDOGTHULBNIPLSV"},
    IbanLength{29, "BREGPSQAUA"},
    IbanLength{30, "JOKWMUYE"},
    IbanLength{31, "MTSC"},
    IbanLength{32, "LC"},
    IbanLength{33, "RU"},
};

// 0: the country has none.
std::size_t iban_length(std::string_view country) {
  for (const IbanLength& each : kIbanLengths)
    for (std::size_t i = 0; i < each.countries.size(); i += 2)
      if (each.countries.substr(i, 2) == country) return each.length;
  return 0;
}

}  // namespace

bool email_around(std::string_view text, std::size_t at) {
  const auto local = [](char c) { return is_alnum(c) || std::string_view("._%+-'").find(c) != std::string_view::npos; };
  if (at == 0 || !local(text[at - 1]) || !is_alnum(text[at - 1])) return false;
  const std::size_t domain = run_length(text, at + 1, 200, [](char c) { return is_alnum(c) || c == '-' || c == '.'; });
  std::string_view name = text.substr(at + 1, domain);
  while (name.ends_with('.') || name.ends_with('-')) name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view top = name.substr(dot + 1);
  return top.size() >= 2 && std::ranges::all_of(top, [](char c) { return is_upper(c) || is_lower(c); });
}

bool iban_at(std::string_view text, std::size_t at) {
  if (at + 15 > text.size() || !is_upper(text[at + 1]) || !is_digit(text[at + 2]) || !is_digit(text[at + 3]))
    return false;
  const std::size_t wanted = iban_length(text.substr(at, 2));
  if (wanted == 0) return false;
  std::array<char, 35> compact{};
  std::size_t n = 0;
  for (std::size_t i = at; i < text.size() && n < compact.size() - 1; ++i) {
    const char c = text[i];
    if (n < 2 ? !is_upper(c) : n < 4 ? !is_digit(c) : false) return false;
    const bool ends_here = i + 1 == text.size() || !is_alnum(text[i + 1]);
    if (c == ' ' || c == '-') {
      if (n < 4 || i + 1 >= text.size() || !is_alnum(text[i + 1])) return false;
      continue;
    }
    if (!is_digit(c) && !is_upper(c)) return false;
    compact[n++] = c;
    if (n == wanted) return ends_here && iban_valid({compact.data(), n});
  }
  return false;
}

bool secret_key_at(std::string_view text, std::size_t at) {
  if (kKeyInitials.find(text[at]) == std::string_view::npos) return false;
  const std::string_view rest = text.substr(at, 240);
  if (rest.starts_with("eyJ")) return web_token_at(text, at);
  if (rest.starts_with("BEGIN ")) return rest.substr(0, 60).find("PRIVATE KEY-----") != std::string_view::npos;
  for (const KeyForm& form : kKeyForms) {
    if (!rest.starts_with(form.prefix)) continue;
    const std::size_t length = run_length(rest, form.prefix.size(), 200, key_character);
    const std::string_view key = rest.substr(form.prefix.size(), length);
    if (length >= form.rest_min && std::ranges::any_of(key, is_digit)) return true;
  }
  return false;
}

bool secret_value_after(std::string_view text, std::size_t end_of_word, bool short_digits) {
  // One more word may stand between ("password for root: …"), and quotes around either.
  constexpr std::array<std::string_view, 7> kBeing = {"is ", "ist ", "est ", "es ", "è ", "é ", "to "};
  const std::string_view rest = text.substr(end_of_word, 80);
  std::size_t value = std::string_view::npos;
  for (std::size_t i = 0; i < std::min<std::size_t>(rest.size(), 20) && value == std::string_view::npos; ++i) {
    if (rest[i] == ':' || rest[i] == '=') value = i + 1;
    if (rest[i] == '\n') break;
    if (rest[i] != ' ') continue;
    for (const std::string_view being : kBeing)
      if (rest.substr(i + 1).starts_with(being)) value = std::min(value, i + 1 + being.size());
  }
  if (value == std::string_view::npos) return false;
  while (value < rest.size() && std::string_view(" \"'`=").find(rest[value]) != std::string_view::npos) ++value;
  std::string_view token = rest.substr(value);
  token = token.substr(0, std::min(token.find_first_of(" \n\r\"'`,;)"), token.size()));
  while (token.ends_with('.')) token.remove_suffix(1);
  return !token.empty() && looks_like_secret(token, short_digits);
}

bool lettered_id_at(std::string_view text, std::size_t at) {
  if (at + 9 > text.size() || !is_upper(text[at]) || !is_upper(text[at + 1])) return false;
  std::array<char, 17> compact{};
  std::size_t n = 0;
  for (std::size_t i = at; i < text.size() && n < compact.size(); ++i) {
    if (text[i] == ' ' && n > 0 && n < 9 && i + 1 < text.size() && is_alnum(text[i + 1])) continue;
    if (!is_alnum(text[i])) break;
    compact[n++] = text[i];
  }
  const auto shape = [&](std::string_view wanted) {
    if (n < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] == 'A' ? !is_upper(compact[i]) : !is_digit(compact[i])) return false;
    return true;
  };
  if (n == 16 && shape("AAAAAA99A99A999A")) return true;  // Source: Italian ministerial decree 23/12/1976
  // Source: HMRC, National Insurance Manual NIM39110: two letters, six digits, a suffix A to D.
  return n == 9 && shape("AA999999A") && compact[8] <= 'D' && compact[0] != 'D' && compact[1] != 'O';
}

bool spanish_dni_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";  // Source: Spanish Royal Decree 1553/2005
  if (run_length(text, at, 9, is_digit) != 8) return false;
  std::size_t letter = at + 8;
  if (letter < text.size() && text[letter] == '-') ++letter;
  if (letter >= text.size() || (letter + 1 < text.size() && is_alnum(text[letter + 1]))) return false;
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 8; ++i) number = number * 10 + static_cast<std::uint32_t>(text[i] - '0');
  return text[letter] == kLetters[number % kLetters.size()];
}

}  // namespace hearth
