#include "router/privacy_numbers.h"

#include <algorithm>

namespace hearth {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
unsigned value_of(char c) { return static_cast<unsigned>(c - '0'); }

unsigned number(std::string_view digits) {
  unsigned n = 0;
  for (const char c : digits) n = n * 10 + value_of(c);
  return n;
}

bool plausible_day(unsigned month, unsigned day) { return month >= 1 && month <= 12 && day >= 1 && day <= 31; }

bool one_digit_only(std::string_view digits) {
  return std::ranges::all_of(digits, [&](char c) { return c == digits.front(); });
}

// Whether groups `from` to `to` are as cards are printed: in one, in fours, or 4-6-5 and 4-6-4.
bool printed_like_card(const DigitRun& run, std::size_t from, std::size_t to) {
  if (from == to) return true;
  if (run.group_size(from) != 4) return false;
  if (to == from + 2 && run.group_size(from + 1) == 6) return true;
  for (std::size_t group = from + 1; group < to; ++group)
    if (run.group_size(group) != 4) return false;
  return run.group_size(to) <= 4;
}

// Source: ISO 7812: networks of payment cards begin with 2 to 6; 13 to 19 digits with Luhn's check.
bool card_in(const DigitRun& run) {
  for (std::size_t from = 0; from < run.n_groups; ++from) {
    const std::size_t begin = run.group_start[from];
    const char first = run.digits[begin];
    if (first < '2' || first > '6' || run.n_digits - begin < 13) continue;
    for (std::size_t to = from; to < run.n_groups; ++to) {
      const std::size_t size = run.group_start[to] + run.group_size(to) - begin;
      if (size > 19) break;
      if (size < 13 || !printed_like_card(run, from, to)) continue;
      const std::string_view digits = run.all().substr(begin, size);
      if (!one_digit_only(digits) && luhn_valid(digits)) return true;
    }
  }
  return false;
}

// Source: US Social Security Administration, numbers that are never given out.
bool us_social_security(const DigitRun& run) {
  if (!run.grouped_as(3, 2, 4) || run.separator != '-') return false;
  const unsigned area = number(run.group(0));
  return area != 0 && area != 666 && area < 900 && run.group(1) != "00" && run.group(2) != "0000";
}

// Source: Receita Federal, CPF: two check digits, weights 10..2 and 11..2, modulo 11.
bool brazil_cpf(std::string_view digits) {
  if (digits.size() != 11 || one_digit_only(digits)) return false;
  for (std::size_t n = 9; n < 11; ++n) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += value_of(digits[i]) * static_cast<unsigned>(n + 1 - i);
    if (sum * 10 % 11 % 10 != value_of(digits[n])) return false;
  }
  return true;
}

// Source: Verhoeff, "Error Detecting Decimal Codes", 1969: the dihedral group of order 10 and a permutation.
bool verhoeff_valid(std::string_view digits) {
  constexpr std::array<unsigned, 10> kStep = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  const auto product = [](unsigned a, unsigned b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b + 5) % 5 : (a - b + 10) % 5;
  };
  unsigned check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    unsigned digit = value_of(digits[digits.size() - 1 - i]);
    for (std::size_t times = i % 8; times > 0; --times) digit = kStep[digit];
    check = product(check, digit);
  }
  return check == 0;
}

// Source: Polish law on population records, PESEL: date of birth, weights 1 3 7 9, modulo 10.
bool poland_pesel(std::string_view digits) {
  constexpr std::array<unsigned, 10> kWeights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
  if (digits.size() != 11 || !plausible_day(number(digits.substr(2, 2)) % 20, number(digits.substr(4, 2))))
    return false;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 10; ++i) sum += kWeights[i] * value_of(digits[i]);
  return (10 - sum % 10) % 10 == value_of(digits[10]);
}

// Source: GB 11643-1999: date of birth, check by ISO 7064 MOD 11-2. An X in the 18th place stands for 10.
bool china_resident(std::string_view digits, bool ends_in_x) {
  if (digits.size() + (ends_in_x ? 1 : 0) != 18) return false;
  const unsigned year = number(digits.substr(6, 4));
  if (year < 1900 || year > 2100 || !plausible_day(number(digits.substr(10, 2)), number(digits.substr(12, 2))))
    return false;
  unsigned check = 0;
  for (const char c : digits.substr(0, 17)) check = (check + value_of(c)) * 2 % 11;
  return (check + (ends_in_x ? 10 : value_of(digits[17]))) % 11 == 1;
}

// Source: INSEE, NIR: 13 digits and a key of 97 less their remainder by 97.
bool france_nir(std::string_view digits) {
  if (digits.size() != 15 || (digits[0] != '1' && digits[0] != '2')) return false;
  unsigned rest = 0;
  for (const char c : digits.substr(0, 13)) rest = (rest * 10 + value_of(c)) % 97;
  return 97 - rest == number(digits.substr(13));
}

// Source: Swiss Federal Social Insurance Office, AHV number: 756 and the check of EAN-13.
bool swiss_ahv(std::string_view digits) {
  if (digits.size() != 13 || !digits.starts_with("756")) return false;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 13; ++i) sum += value_of(digits[i]) * (i % 2 == 0 ? 1U : 3U);
  return sum % 10 == 0;
}

bool is_date(const DigitRun& run) {
  if (run.n_groups != 3) return false;
  if (run.grouped_as(4, 2, 2)) return plausible_day(number(run.group(1)), number(run.group(2)));
  const bool two_first = run.group_size(0) <= 2 && run.group_size(1) <= 2;
  return two_first && (run.group_size(2) == 4 || run.group_size(2) == 2) && run.separator != ' ';
}

bool is_ip_address(const DigitRun& run) {
  if (run.n_groups != 4 || run.separator != '.') return false;
  for (std::size_t i = 0; i < 4; ++i)
    if (run.group_size(i) > 3 || number(run.group(i)) > 255) return false;
  return true;
}

}  // namespace

DigitRun digit_run_at(std::string_view text, std::size_t at) {
  DigitRun run;
  std::size_t i = at;
  const auto opens = [](char c) { return c == '(' || c == '+'; };
  while (i < text.size() && opens(text[i])) run.plus = text[i++] == '+' || run.plus;
  bool new_group = true;
  while (i < text.size() && run.n_digits < DigitRun::kDigitsMax) {
    if (is_digit(text[i])) {
      if (new_group) run.group_start[run.n_groups++] = static_cast<std::uint8_t>(run.n_digits);
      new_group = false;
      run.digits[run.n_digits++] = text[i++];
      run.bytes = i - at;
      continue;
    }
    if (run.n_digits == 0) break;
    std::size_t gap = 0;
    while (gap < 3 && i + gap < text.size() && std::string_view(" -./()").find(text[i + gap]) != std::string_view::npos)
      ++gap;
    if (gap == 0 || i + gap >= text.size() || !is_digit(text[i + gap])) break;
    if (run.separator == 0) run.separator = text[i];
    i += gap;
    new_group = true;
  }
  run.ends_in_x = i < text.size() && (text[i] == 'X' || text[i] == 'x');
  return run;
}

// Source: ISO/IEC 7812-1, annex B.
bool luhn_valid(std::string_view digits) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned digit = value_of(digits[digits.size() - 1 - i]);
    const unsigned twice = digit * 2;
    sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 == 0;
}

bool iban_valid(std::string_view compact) {
  if (compact.size() < 15 || compact.size() > 34) return false;
  unsigned rest = 0;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[(i + 4) % compact.size()];
    if (is_digit(c))
      rest = (rest * 10 + value_of(c)) % 97;
    else if (c >= 'A' && c <= 'Z')
      rest = (rest * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
    else
      return false;
  }
  return rest == 1;
}

NumberHit identity_in(const DigitRun& run, bool id_cue) {
  const std::string_view digits = run.all();
  const PersonalData id = PersonalData::kNationalId;
  if (us_social_security(run) || china_resident(digits, run.ends_in_x) || france_nir(digits) || swiss_ahv(digits))
    return {id, 0.95F};
  if (card_in(run)) return {PersonalData::kCreditCard, 0.95F};
  if (brazil_cpf(digits) && (run.grouped_as(3, 3, 3, 2) || id_cue)) return {id, 0.95F};
  if (run.grouped_as(4, 4, 4) && digits[0] >= '2' && verhoeff_valid(digits)) return {id, 0.8F};  // India, Aadhaar
  if (run.n_groups == 1 && poland_pesel(digits)) return {id, 0.7F};
  if (id_cue && run.n_digits >= 8 && run.n_digits <= 12 && !is_date(run)) return {id, 0.7F};
  return {};
}

// Source: ITU-T E.164: at most 15 digits with the country's code.
NumberHit phone_in(const DigitRun& run, bool cue) {
  const std::string_view digits = run.all();
  const NumberHit phone{PersonalData::kPhone, 0.75F};
  if (run.n_digits < 7 || run.n_digits > 15 || one_digit_only(digits) || is_date(run) || is_ip_address(run)) return {};
  if (run.plus && run.n_digits >= 8) return phone;
  if (cue) return phone;
  if (run.n_groups > 1 && run.group(0) == "0" && run.separator == '.') return {};  // a fraction
  const bool trunk = digits[0] == '0' && run.n_digits >= 9 && run.n_digits <= 13;
  if (trunk && run.n_groups > 1) return phone;
  if (trunk && run.n_digits >= 10 && run.n_digits <= 11) return {PersonalData::kPhone, 0.5F};
  if (run.grouped_as(3, 3, 4) && digits[0] >= '2' && digits[3] >= '2') return phone;  // North America
  if (run.grouped_as(1, 3, 3, 4) && digits[0] == '1') return phone;
  return {};
}

}  // namespace hearth
