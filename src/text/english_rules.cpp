#include "text/english_rules.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace hearth {
namespace {

struct Pair {
  std::string_view written;
  std::string_view said;
};

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

// Units: what is written behind a number, and its name for one and for several.
struct Unit {
  std::string_view written;
  std::string_view one;
  std::string_view many;
};
// Source: the SI brochure's names, and those of everyday English.
constexpr std::array<Unit, 44> kUnits = {{{"km/h", "kilometer per hour", "kilometers per hour"},
                                          {"m/s", "meter per second", "meters per second"},
                                          {"mph", "mile per hour", "miles per hour"},
                                          {"km", "kilometer", "kilometers"},
                                          {"m", "meter", "meters"},
                                          {"cm", "centimeter", "centimeters"},
                                          {"mm", "millimeter", "millimeters"},
                                          {"ft", "foot", "feet"},
                                          {"mi", "mile", "miles"},
                                          {"kg", "kilogram", "kilograms"},
                                          {"g", "gram", "grams"},
                                          {"mg", "milligram", "milligrams"},
                                          {"lb", "pound", "pounds"},
                                          {"lbs", "pound", "pounds"},
                                          {"oz", "ounce", "ounces"},
                                          {"l", "liter", "liters"},
                                          {"L", "liter", "liters"},
                                          {"ml", "milliliter", "milliliters"},
                                          {"s", "second", "seconds"},
                                          {"ms", "millisecond", "milliseconds"},
                                          {"min", "minute", "minutes"},
                                          {"h", "hour", "hours"},
                                          {"Hz", "hertz", "hertz"},
                                          {"kHz", "kilohertz", "kilohertz"},
                                          {"MHz", "megahertz", "megahertz"},
                                          {"GHz", "gigahertz", "gigahertz"},
                                          {"kB", "kilobyte", "kilobytes"},
                                          {"KB", "kilobyte", "kilobytes"},
                                          {"MB", "megabyte", "megabytes"},
                                          {"GB", "gigabyte", "gigabytes"},
                                          {"TB", "terabyte", "terabytes"},
                                          {"KiB", "kibibyte", "kibibytes"},
                                          {"MiB", "mebibyte", "mebibytes"},
                                          {"GiB", "gibibyte", "gibibytes"},
                                          {"W", "watt", "watts"},
                                          {"kW", "kilowatt", "kilowatts"},
                                          {"kWh", "kilowatt hour", "kilowatt hours"},
                                          {"V", "volt", "volts"},
                                          {"A", "ampere", "amperes"},
                                          {"°C", "degree Celsius", "degrees Celsius"},
                                          {"°F", "degree Fahrenheit", "degrees Fahrenheit"},
                                          {"°", "degree", "degrees"},
                                          {"%", "percent", "percent"},
                                          {"dB", "decibel", "decibels"}}};

constexpr std::array<Pair, 26> kAbbreviations = {{{"Mr.", "Mister"},
                                                  {"Mrs.", "Missus"},
                                                  {"Ms.", "Miss"},
                                                  {"Dr.", "Doctor"},
                                                  {"Prof.", "Professor"},
                                                  {"Jr.", "Junior"},
                                                  {"Sr.", "Senior"},
                                                  {"Gen.", "General"},
                                                  {"Capt.", "Captain"},
                                                  {"Lt.", "Lieutenant"},
                                                  {"Sgt.", "Sergeant"},
                                                  {"Rev.", "Reverend"},
                                                  {"Hon.", "Honorable"},
                                                  {"Gov.", "Governor"},
                                                  {"Sen.", "Senator"},
                                                  {"Rep.", "Representative"},
                                                  {"Mt.", "Mount"},
                                                  {"Ave.", "Avenue"},
                                                  {"Blvd.", "Boulevard"},
                                                  {"Rd.", "Road"},
                                                  {"etc.", "et cetera"},
                                                  {"e.g.", "for example"},
                                                  {"i.e.", "that is"},
                                                  {"vs.", "versus"},
                                                  {"approx.", "approximately"},
                                                  {"a.k.a.", "also known as"}}};

struct Currency {
  std::string_view sign, one, many, cent, cents;
};
constexpr std::array<Currency, 5> kCurrencies = {{{"$", "dollar", "dollars", "cent", "cents"},
                                                  {"€", "euro", "euros", "cent", "cents"},
                                                  {"£", "pound", "pounds", "penny", "pence"},
                                                  {"¥", "yen", "yen", "", ""},
                                                  {"₹", "rupee", "rupees", "paisa", "paise"}}};
constexpr std::array<Pair, 9> kMagnitudes = {{{"k", "thousand"},
                                              {"K", "thousand"},
                                              {"M", "million"},
                                              {"bn", "billion"},
                                              {"B", "billion"},
                                              {"thousand", "thousand"},
                                              {"million", "million"},
                                              {"billion", "billion"},
                                              {"trillion", "trillion"}}};

constexpr std::array<std::string_view, 26> kLetters = {
    "ay", "bee", "see", "dee", "ee",  "eff", "jee", "aitch", "eye", "jay",        "kay", "ell", "em",
    "en", "oh",  "pee", "cue", "are", "ess", "tee", "you",   "vee", "double you", "ex",  "why", "zee"};
struct Sign {
  char sign;
  std::string_view name;
};
constexpr std::array<Sign, 24> kSigns = {{{'.', "dot"},
                                          {',', "comma"},
                                          {':', "colon"},
                                          {';', "semicolon"},
                                          {'-', "dash"},
                                          {'_', "underscore"},
                                          {'/', "slash"},
                                          {'\\', "backslash"},
                                          {'@', "at"},
                                          {'#', "hash"},
                                          {'&', "ampersand"},
                                          {'*', "star"},
                                          {'+', "plus"},
                                          {'=', "equals"},
                                          {'%', "percent"},
                                          {'$', "dollar"},
                                          {'!', "exclamation mark"},
                                          {'?', "question mark"},
                                          {'\'', "apostrophe"},
                                          {'"', "quote"},
                                          {'<', "less than"},
                                          {'>', "greater than"},
                                          {'(', "open parenthesis"},
                                          {')', "close parenthesis"}}};

std::int64_t value_of(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool is_year(std::int64_t value) { return value >= 1100 && value <= 2099; }

std::string said_by(std::span<const Pair> table, std::string_view written) {
  const auto found = std::ranges::find(table, written, &Pair::written);
  return found == table.end() ? std::string(written) : std::string(found->said);
}

// "mar", "March", "Mar." to its number, 1 to 12; 0 for none.
std::size_t month_of(std::string_view name) {
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (name.size() >= 3 && kMonths[i].starts_with(name.substr(0, 3))) return i + 1;
  return 0;
}

std::string date(std::int64_t month, std::string_view day, std::string_view year, const SpokenNumbers& numbers) {
  std::string said(kMonths[static_cast<std::size_t>(month - 1)]);
  said += " " + numbers.ordinal(value_of(day));
  if (!year.empty()) said += ", " + numbers.year(value_of(year));
  return said;
}

bool is_date(std::int64_t month, std::int64_t day) { return month >= 1 && month <= 12 && day >= 1 && day <= 31; }

std::string say_address(const EnglishMatch& match, const SpokenNumbers& /*numbers*/) {
  std::string_view rest = match[0];
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
  std::string said;
  for (const char c : rest) {
    const auto* sign = std::ranges::find(kSigns, c, &Sign::sign);
    if (sign == kSigns.end())
      said += c;
    else
      said += " " + std::string(sign->name) + " ";
  }
  return said;
}

std::string say_abbreviation(const EnglishMatch& match, const SpokenNumbers& /*numbers*/) {
  return said_by(kAbbreviations, match[0]);
}

std::string say_saint(const EnglishMatch& /*match*/, const SpokenNumbers& /*numbers*/) { return "Saint "; }
std::string say_street(const EnglishMatch& match, const SpokenNumbers& /*numbers*/) { return match[1] + " Street"; }
std::string say_number_sign(const EnglishMatch& /*match*/, const SpokenNumbers& /*numbers*/) { return "number "; }

std::string say_money(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto* currency = std::ranges::find(kCurrencies, std::string_view(match[1]), &Currency::sign);
  const std::string& whole = match[2];
  const std::string& cents = match[3];
  if (!match[4].empty())
    return numbers.number(cents.empty() ? whole : whole + "." + cents) + " " + said_by(kMagnitudes, match[4]) + " " +
           std::string(currency->many);
  std::string said = numbers.number(whole) + " " + std::string(whole == "1" ? currency->one : currency->many);
  const auto n_cents = cents.size() == 1 ? value_of(cents) * 10 : value_of(cents);
  if (n_cents > 0 && !currency->cent.empty())
    said += " and " + numbers.cardinal(n_cents) + " " + std::string(n_cents == 1 ? currency->cent : currency->cents);
  return said;
}

std::string say_iso_date(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto month = value_of(match[2]);
  return is_date(month, value_of(match[3])) ? date(month, match[3], match[1], numbers) : match[0];
}
std::string say_us_date(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto month = value_of(match[1]);
  return is_date(month, value_of(match[2])) ? date(month, match[2], match[3], numbers) : match[0];
}
std::string say_month_first(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto month = static_cast<std::int64_t>(month_of(match[1]));
  return is_date(month, value_of(match[2])) ? date(month, match[2], match[3], numbers) : match[0];
}
std::string say_day_first(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto month = static_cast<std::int64_t>(month_of(match[2]));
  return is_date(month, value_of(match[1])) ? date(month, match[1], match[3], numbers) : match[0];
}

std::string say_time(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto minutes = value_of(match[2]);
  const bool has_half = !match[4].empty();
  std::string said = numbers.cardinal(value_of(match[1]));
  if (minutes == 0 && match[3].empty())
    said += has_half                                                         ? ""
            : value_of(match[1]) > 12 || match[1] == "00" || match[1] == "0" ? " hundred hours"
                                                                             : " o'clock";
  else
    said += (match[2][0] == '0' ? " oh " : " ") + numbers.cardinal(minutes);
  if (!match[3].empty()) said += " and " + numbers.cardinal(value_of(match[3])) + " seconds";
  if (has_half) said += match[4][0] == 'a' || match[4][0] == 'A' ? " ay em" : " pee em";
  return said;
}

std::string say_hour(const EnglishMatch& match, const SpokenNumbers& numbers) {
  return numbers.cardinal(value_of(match[1])) + (match[2] == "a" || match[2] == "A" ? " ay em" : " pee em");
}

std::string say_measure(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto* unit = std::ranges::find(kUnits, std::string_view(match[3]), &Unit::written);
  const std::string sign = match[1].empty() ? "" : "minus ";
  return sign + numbers.number(match[2]) + " " + std::string(match[2] == "1" ? unit->one : unit->many);
}

std::string say_ordinal(const EnglishMatch& match, const SpokenNumbers& numbers) {
  std::string digits = match[1];
  std::erase(digits, ',');
  return numbers.ordinal(value_of(digits));
}

std::string say_fraction(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const auto above = value_of(match[1]);
  const auto below = value_of(match[2]);
  const std::string over = numbers.cardinal(above);
  if (below == 2) return over + (above == 1 ? " half" : " halves");
  if (below == 4) return over + (above == 1 ? " quarter" : " quarters");
  if (below < 3 || below > 20 || above >= below) return over + " over " + numbers.cardinal(below);
  return over + " " + numbers.ordinal(below) + (above == 1 ? "" : "s");
}

// Twenty twenties: the last word's plural.
std::string say_decade(const EnglishMatch& match, const SpokenNumbers& numbers) {
  std::string said = numbers.year(value_of(match[1]));
  if (said.ends_with('y')) said.replace(said.size() - 1, 1, "ie");
  return said + "s";
}

std::string say_digit_groups(const EnglishMatch& match, const SpokenNumbers& numbers) {
  std::string said;
  std::string_view rest = match[0];
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (end > 0) said += (said.empty() ? "" : ", ") + numbers.digits(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return said;
}

std::string say_version(const EnglishMatch& match, const SpokenNumbers& numbers) {
  std::string said;
  std::string_view rest = match[0];
  while (!rest.empty()) {
    const auto end = std::min(rest.find('.'), rest.size());
    said += (said.empty() ? "" : " point ") + numbers.number(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return said;
}

std::string say_range(const EnglishMatch& match, const SpokenNumbers& /*numbers*/) { return match[1] + " to "; }

std::string say_number(const EnglishMatch& match, const SpokenNumbers& numbers) {
  const std::string sign = match[1].empty() ? "" : "minus ";
  const std::string& written = match[2];
  const bool could_be_year = written.size() == 4 && sign.empty() && is_year(value_of(written));
  return " " + sign + (could_be_year ? numbers.year(value_of(written)) : numbers.number(written)) + " ";
}

std::string say_sign(const EnglishMatch& match, const SpokenNumbers& /*numbers*/) {
  static constexpr std::array<Pair, 12> kSaid = {{{"&", "and"},
                                                  {"+", "plus"},
                                                  {"=", "equals"},
                                                  {"@", "at"},
                                                  {"%", "percent"},
                                                  {"×", "times"},
                                                  {"÷", "divided by"},
                                                  {"±", "plus or minus"},
                                                  {"©", "copyright"},
                                                  {"®", "registered"},
                                                  {"™", "trademark"},
                                                  {"→", "to"}}};
  return " " + said_by(kSaid, match[0]) + " ";
}
std::string say_nothing(const EnglishMatch& /*match*/, const SpokenNumbers& /*numbers*/) { return " "; }
std::string say_pause(const EnglishMatch& /*match*/, const SpokenNumbers& /*numbers*/) { return ", "; }

#define HEARTH_MONTH                                                                                                  \
  "(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:" \
  "ember)?|Dec(?:ember)?)\\.?"
#define HEARTH_NUMBER "(\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?)"

constexpr std::array<EnglishRule, 26> kRules = {{
    {"\\b[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+", &say_address},
    {"\\b(?:https?://|www\\.)[^\\s<>\"']*[^\\s<>\"'.,;:!?)]", &say_address},
    {"(?<![\\w.])(?:Mr|Mrs|Ms|Dr|Prof|Jr|Sr|Gen|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|Rep|Mt|Ave|Blvd|Rd|etc|e\\.g|i\\.e|vs|"
     "approx|a\\.k\\.a)\\.",
     &say_abbreviation},
    {"\\bSt\\. (?=[A-Z])", &say_saint},
    {"(\\w) St\\.", &say_street},
    {"\\b(?:No\\. |Nr\\. |#)(?=\\d)", &say_number_sign},
    {"([$€£¥₹])\\s?(\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.(\\d{1,2}))?(?!\\d)(?:\\s?(thousand|million|billion|trillion|bn|["
     "kKMB])\\b)?",
     &say_money},
    {"\\b(\\d{4})-(\\d{2})-(\\d{2})\\b", &say_iso_date},
    {"\\b(\\d{1,2})/(\\d{1,2})/(\\d{4})\\b", &say_us_date},
    {"\\b" HEARTH_MONTH " (\\d{1,2})(?:st|nd|rd|th)?\\b(?:,? (\\d{4})\\b)?", &say_month_first},
    {"\\b(\\d{1,2})(?:st|nd|rd|th)? " HEARTH_MONTH "(?![a-z])(?:,? (\\d{4})\\b)?", &say_day_first},
    {"\\b([01]?\\d|2[0-3]):([0-5]\\d)(?::([0-5]\\d))?\\b(?:\\s?([aApP])(?:\\.\\s?[mM]\\.|[mM]\\b))?", &say_time},
    {"\\b(1[0-2]|[1-9])\\s?([aApP])(?:\\.\\s?[mM]\\.|[mM]\\b)", &say_hour},
    {"\\b((?:1[1-9]|20)\\d0)s\\b", &say_decade},
    {"(?<!\\d)\\d{2,4}(?:[- ]\\d{2,4}){2,}(?!\\d)", &say_digit_groups},
    {"(?<![\\w.])([-−])?" HEARTH_NUMBER "\\s?(km/h|m/"
     "s|mph|km|cm|mm|ft|mi|kg|mg|lbs?|oz|ml|ms|min|[kMG]?Hz|[KMG]iB|[kKMGT]B|kWh|kW|°[CF]|dB|[mglLshWVA°%])(?![\\w/])",
     &say_measure},
    {"\\b(\\d{1,3}(?:,\\d{3})+|\\d+)(?:st|nd|rd|th)\\b", &say_ordinal},
    {"(?<![\\d/])(\\d{1,3})/(\\d{1,3})(?![\\d/])", &say_fraction},
    {"(?<![\\w.])\\d+(?:\\.\\d+){2,}(?![\\w.]*\\d)", &say_version},
    {"(\\d)\\s?[-–—]\\s?(?=\\d)", &say_range},
    {"(?<![\\w.])([-−])?" HEARTH_NUMBER, &say_number},
    {"()" HEARTH_NUMBER, &say_number},
    {"[&+=@%×÷±©®™→]", &say_sign},
    {"\\s[-–]+\\s|—|\\s*[()\\[\\]\\{\\}]\\s*", &say_pause},
    {"[*_#~^|<>\\\\/`\"“”„«»]", &say_nothing},
    {"(?:\\s*,\\s*){2,}", &say_pause},
}};

}  // namespace

std::span<const EnglishRule> english_rules() { return kRules; }

std::string_view english_character_name(char c) {
  static constexpr std::array<std::string_view, 10> kDigits = {"zero", "one", "two",   "three", "four",
                                                               "five", "six", "seven", "eight", "nine"};
  if (c >= '0' && c <= '9') return kDigits[static_cast<std::size_t>(c - '0')];
  if (c >= 'a' && c <= 'z') return kLetters[static_cast<std::size_t>(c - 'a')];
  if (c >= 'A' && c <= 'Z') return kLetters[static_cast<std::size_t>(c - 'A')];
  const auto* sign = std::ranges::find(kSigns, c, &Sign::sign);
  return sign == kSigns.end() ? std::string_view() : sign->name;
}

}  // namespace hearth
