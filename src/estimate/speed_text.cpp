#include "estimate/speed_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace hearth {
namespace {

constexpr std::size_t kLongestNumber = 32;
constexpr std::size_t kLongestSize = 8;
constexpr int kMostBoards = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_alnum(char c) { return is_digit(c) || is_letter(c); }

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// from_chars refuses a leading '+', which a column may carry.
std::optional<double> parse_double(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string normalise_name(std::string_view text) {
  std::string out = " ";
  const auto blank = [&out] {
    if (out.back() != ' ') out += ' ';
  };
  char before = ' ';
  for (char raw : text) {
    const char c = lower(raw);
    char now = is_digit(c) ? 'd' : is_letter(c) ? 'a' : ' ';
    if (c == '+') {
      blank();
      out += "plus ";
    } else if (now == ' ') {
      blank();
    } else {
      if (before != ' ' && before != now) blank();
      out += c;
    }
    before = now;
  }
  blank();
  return out;
}

bool has_needle(std::string_view words, std::string_view needle) {
  for (auto at = words.find(needle); at != std::string_view::npos; at = words.find(needle, at + 1)) {
    const auto end = at + needle.size();
    if (at > 0 && words[at - 1] == ' ' && end < words.size() && words[end] == ' ') return true;
  }
  return false;
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at < words.size()) {
    const auto end = std::min(words.find(' ', at), words.size());
    if (end > at) out.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::optional<double> positive_number(std::string_view text) {
  text = trim_blanks(text);
  if (text.empty() || text.size() > kLongestNumber) return std::nullopt;
  if (text.find_first_not_of("0123456789.+-eE") != std::string_view::npos) return std::nullopt;
  const auto value = parse_double(text);
  return value && std::isfinite(*value) && *value > 0 ? value : std::nullopt;
}

NamedSizes sizes_in_name(std::string_view model) {
  std::string text(model);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  const auto at = [&text](std::size_t i) { return i < text.size() ? text[i] : ' '; };
  NamedSizes out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && (is_digit(text[end]) || (text[end] == '.' && is_digit(at(end + 1))))) ++end;
    const std::string_view digits = std::string_view(text).substr(i, end - i);
    const char unit = at(end);
    const char before = i > 0 ? text[i - 1] : ' ';
    const char beyond = i > 1 ? text[i - 2] : ' ';
    if (std::count(digits.begin(), digits.end(), '.') <= 1 && digits.size() <= kLongestSize &&
        (unit == 'b' || unit == 'm') && !is_alnum(at(end + 1))) {
      const double value = parse_double(digits).value_or(0) * (unit == 'b' ? 1.0 : 0.001);
      if (before == 'a' && !is_letter(beyond)) {
        if (!out.active_B) out.active_B = value;
      } else if ((!is_alnum(before) && before != '.') || (before == 'e' && !is_alnum(beyond))) {
        if (!out.total_B) out.total_B = value;
      }
    }
    i = end;
  }
  return out;
}

int gpu_cores_in_name(std::string_view words) {
  const auto list = split_words(words);
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    if (list[i].size() > 3 || !std::all_of(list[i].begin(), list[i].end(), is_digit)) continue;
    if (list[i + 1] == "gpu" || (i + 2 < list.size() && list[i + 1] == "core" && list[i + 2] == "gpu")) {
      int count = 0;
      std::from_chars(list[i].data(), list[i].data() + list[i].size(), count);
      return count;
    }
  }
  return 0;
}

int boards_in_name(std::string_view raw, std::string_view words) {
  if (const auto star = raw.find('*'); star != std::string_view::npos) {
    const auto digits = trim_blanks(raw.substr(star + 1));
    int count = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(2, digits.size()) && is_digit(digits[i]); ++i)
      count = count * 10 + (digits[i] - '0');
    return count >= 2 && count <= kMostBoards ? count : 1;
  }
  constexpr std::array<std::string_view, 5> kCounts = {"2", "3", "4", "6", "8"};
  const auto list = split_words(words);
  for (std::size_t i = 0; i + 1 < list.size(); ++i)
    if (list[i] == "x" && std::find(kCounts.begin(), kCounts.end(), list[i + 1]) != kCounts.end())
      return list[i + 1].front() - '0';
  return 1;
}

}  // namespace hearth
