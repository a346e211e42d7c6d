#include "audio/word_errors.h"

#include <algorithm>

namespace hearth {
namespace {

constexpr char32_t kNoCharacter = 0xFFFFFFFF;

// The character at `at`, which moves behind it; kNoCharacter for a byte that begins none.
// Source: RFC 3629 section 3.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at++);
  if (first < 0x80) return first;
  const std::size_t n_more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4 || at + n_more > text.size()) return kNoCharacter;
  char32_t value = first & (0x3FU >> n_more);
  for (std::size_t i = 0; i < n_more; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return kNoCharacter;
    value = value << 6U | (byte(at + i) & 0x3FU);
  }
  at += n_more;
  return value;
}

void append(std::string& text, char32_t value) {
  if (value < 0x80) {
    text += static_cast<char>(value);
  } else if (value < 0x800) {
    text += static_cast<char>(0xC0U | value >> 6U);
    text += static_cast<char>(0x80U | (value & 0x3FU));
  } else if (value < 0x10000) {
    text += static_cast<char>(0xE0U | value >> 12U);
    text += static_cast<char>(0x80U | (value >> 6U & 0x3FU));
    text += static_cast<char>(0x80U | (value & 0x3FU));
  } else {
    text += static_cast<char>(0xF0U | value >> 18U);
    text += static_cast<char>(0x80U | (value >> 12U & 0x3FU));
    text += static_cast<char>(0x80U | (value >> 6U & 0x3FU));
    text += static_cast<char>(0x80U | (value & 0x3FU));
  }
}

bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019 || c == 0x02BC; }

// Signs of ASCII, Latin-1, the blocks of punctuation and of symbols; all else is taken for a letter.
bool parts_words(char32_t c) {
  if (c < 0x80) return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  return c == kNoCharacter || c < 0xAA || (c > 0xAA && c < 0xB5) || (c > 0xB5 && c < 0xBA) || (c > 0xBA && c < 0xC0) ||
         c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) || (c >= 0x20A0 && c <= 0x20CF) ||
         (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) ||
         (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0x1F000 && c <= 0x1FAFF);
}

char32_t lower(char32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 0x20;
  return c;
}

void take_word(std::vector<std::string>& words, std::string& word) {
  while (!word.empty() && word.back() == '\'') word.pop_back();
  if (!word.empty()) words.push_back(std::move(word));
  word.clear();
}

// The best way to align the first words of the reference with the first of the transcript.
struct Cell {
  std::uint32_t errors = 0;
  std::uint32_t substitutions = 0;
  std::uint32_t deletions = 0;
  std::uint32_t insertions = 0;
};

Cell with_deletion(Cell cell) { return {cell.errors + 1, cell.substitutions, cell.deletions + 1, cell.insertions}; }
Cell with_insertion(Cell cell) { return {cell.errors + 1, cell.substitutions, cell.deletions, cell.insertions + 1}; }
Cell with_substitution(Cell cell) { return {cell.errors + 1, cell.substitutions + 1, cell.deletions, cell.insertions}; }

}  // namespace

WordErrors& WordErrors::operator+=(const WordErrors& other) {
  n_reference += other.n_reference;
  substitutions += other.substitutions;
  deletions += other.deletions;
  insertions += other.insertions;
  return *this;
}

std::vector<std::string> normalised_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (is_apostrophe(c)) {
      if (!word.empty()) word += '\'';
    } else if (parts_words(c)) {
      take_word(words, word);
    } else {
      append(word, lower(c));
    }
  }
  take_word(words, word);
  return words;
}

std::vector<std::string> plain_words(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kSpace, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSpace, end);
  }
  return words;
}

WordErrors count_word_errors(const std::vector<std::string>& reference, const std::vector<std::string>& transcript) {
  std::vector<Cell> row(transcript.size() + 1);
  for (std::size_t j = 1; j < row.size(); ++j) row[j] = with_insertion(row[j - 1]);
  for (const auto& said : reference) {
    Cell diagonal = row[0];
    row[0] = with_deletion(row[0]);
    for (std::size_t j = 1; j < row.size(); ++j) {
      const Cell above = row[j];
      const bool equal = said == transcript[j - 1];
      Cell best = equal ? diagonal : with_substitution(diagonal);
      if (above.errors + 1 < best.errors) best = with_deletion(above);
      if (row[j - 1].errors + 1 < best.errors) best = with_insertion(row[j - 1]);
      diagonal = above;
      row[j] = best;
    }
  }
  const Cell& all = row.back();
  return {reference.size(), all.substitutions, all.deletions, all.insertions};
}

}  // namespace hearth
