#include "plan/word_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace hearth {
namespace {

constexpr std::array<std::string_view, 58> kGrammar = {
    "a",       "an",    "the",     "on",    "in",   "with",        "and",    "for",   "to",     "of",
    "my",      "our",   "i",       "we",    "want", "need",        "some",   "that",  "can",    "is",
    "it",      "at",    "by",      "or",    "run",  "runs",        "use",    "using", "me",     "please",
    "from",    "up",    "as",      "plus",  "also", "only",        "should", "must",  "be",     "will",
    "which",   "this",  "like",    "about", "all",  "any",         "system", "model", "models", "device",
    "machine", "local", "locally", "ai",    "app",  "application", "setup",  "good"};

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '/' || c == ':' ||
         c == '@';
}

std::string joined(const std::string& text) {
  std::string out = text;
  for (char& c : out)
    if (c == '_' || c == ' ') c = '-';
  return out;
}

std::optional<double> number(std::string_view text, std::size_t& length) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end == text.data()) return std::nullopt;
  length = static_cast<std::size_t>(end - text.data());
  return value;
}

}  // namespace

WordReader::WordReader(std::string_view text) {
  std::string word;
  const auto flush = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == '-' || word.back() == ':' || word.back() == '/'))
      word.pop_back();
    if (!word.empty() && word != "-") words_.push_back({word, false});
    word.clear();
  };
  for (const char c : text) {
    if (is_name_char(c)) {
      word.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    } else {
      flush();
    }
  }
  flush();
}

bool WordReader::free(std::size_t first, std::size_t count) const {
  for (std::size_t i = first; i < first + count; ++i)
    if (words_[i].used) return false;
  return true;
}

std::string WordReader::take(std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    words_[i].used = true;
    text += (text.empty() ? "" : " ") + words_[i].text;
  }
  return text;
}

std::optional<std::string> WordReader::take_name(std::string_view name) {
  const std::string wanted = joined(std::string(name));
  for (std::size_t first = 0; first < words_.size(); ++first) {
    std::string run;
    for (std::size_t count = 1; count <= kNameWordsMax && first + count <= words_.size(); ++count) {
      run += (run.empty() ? "" : "-") + joined(words_[first + count - 1].text);
      if (run.size() > wanted.size()) break;
      if (run == wanted && free(first, count)) return take(first, count);
    }
  }
  return std::nullopt;
}

std::optional<std::string> WordReader::take_phrase(std::string_view phrase) { return take_name(phrase); }

std::optional<WordReader::Quantity> WordReader::take_quantity(const std::vector<std::string_view>& units) {
  const auto is_unit = [&](std::string_view text) {
    return std::find(units.begin(), units.end(), text) != units.end();
  };
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::size_t length = 0;
    const auto value = number(words_[i].text, length);
    if (!value || words_[i].used) continue;
    std::string_view rest = std::string_view(words_[i].text).substr(length);
    if (!rest.empty() && rest.front() == '-') rest.remove_prefix(1);
    if (is_unit(rest)) return Quantity{*value, take(i, 1)};
    if (rest.empty() && i + 1 < words_.size() && !words_[i + 1].used && is_unit(words_[i + 1].text))
      return Quantity{*value, take(i, 2)};
  }
  return std::nullopt;
}

std::optional<WordReader::Quantity> WordReader::take_billions() { return take_quantity({"b"}); }

std::vector<std::string> WordReader::left_over() const {
  std::vector<std::string> out;
  for (const auto& word : words_)
    if (!word.used && std::find(kGrammar.begin(), kGrammar.end(), word.text) == kGrammar.end())
      out.push_back(word.text);
  return out;
}

}  // namespace hearth
