// A vocabulary of bytes and a stand-in for a model that says whatever a constraint lets it, for tests.
#pragma once

#include <cctype>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "text/constraint.h"
#include "text/utf8_stream.h"

namespace hearth {

// Tokens 0-255 are single bytes; longer ones follow, among them halves of characters; then the end.
inline const std::vector<std::string>& long_tokens() {
  static const std::vector<std::string> kTokens = {
      "{\"", "\"}",  "\": ", "\",",   "\", \"", "[[",       "]]",       "}}",     "true",     "false", "null",
      "  ",  "\n  ", "\\\"", "\\u00", "\\",     "\xC3\xA9", "\xE6\xB0", "\xB4\"", "\xF0\x9F", "00",    "-1",
      ".5",  "e+",   "123",  "name",  "a\":",   "{}",       "[]",       ",\n",    "\t"};
  return kTokens;
}

inline constexpr Token kEnd = 300;

inline std::unique_ptr<ConstraintCompiler> byte_compiler(const ConstraintCompilerOptions& options = {}) {
  ConstraintVocabulary vocabulary;
  for (int i = 0; i < 256; ++i) vocabulary.tokens.emplace_back(1, static_cast<char>(i));
  for (const auto& token : long_tokens()) vocabulary.tokens.push_back(token);
  vocabulary.tokens.resize(kEnd + 1);
  vocabulary.end_tokens = {kEnd};
  return std::move(ConstraintCompiler::create(std::move(vocabulary), options)).value();
}

inline std::string token_text(Token token) {
  if (token < 256) return std::string(1, static_cast<char>(token));
  const auto at = static_cast<std::size_t>(token - 256);
  return at < long_tokens().size() ? long_tokens()[at] : "";
}

// Says allowed tokens in one of four tempers until the constraint ends; after `free_tokens` it wants to come to an end.
// Empty when it does not within 20,000 tokens. A fault of the constraint aborts by value().
class Babbler {
 public:
  Babbler(const Constraint& constraint, std::uint64_t seed)
      : matcher_(constraint.matcher()), random_(seed), temper_(seed % 4) {}

  std::string write(std::size_t free_tokens = 80) {
    std::string text;
    std::vector<std::int32_t> mask(matcher_.mask_words());
    for (std::size_t n = 0; n < 20000; ++n) {
      const bool masked = matcher_.fill(mask).value();
      const Token token = pick(mask, masked, n > free_tokens);
      if (token < 0 || !matcher_.accept(token)) return "(no token may follow) " + text;
      // As a client sees it: xgrammar lets some byte sequences pass that are no UTF-8.
      if (token == kEnd) {
        const auto seen = utf8_sanitized(text);
        is_utf8_ = seen == text;
        return seen;
      }
      text += token_text(token);
      number_ = text.size() - 1 - text.find_last_not_of("0123456789");
      if (random_() % 7 == 0) try_rollback(token);
    }
    return {};
  }

  // Whether the answer was UTF-8 as written. Where it was not, a client sees several characters where the constraint
  // counted one.
  [[nodiscard]] bool is_utf8() const { return is_utf8_; }

 private:
  // What a temper likes: anything; white space and quotes; structure; digits and escapes.
  double liking(Token token, bool closing) {
    const double noise = static_cast<double>(random_() % 1000) / 1000;
    if (token == kEnd) return closing ? 9 : noise * 0.2;
    const std::string text = token_text(token);
    // Exponents of three digits leave what a double holds.
    if (number_ > 0 && (text[0] == 'e' || text[0] == 'E')) return noise - 1;
    if (closing) {
      static const std::string kClosers = "}]\",:";
      const auto at = text.size() == 1 ? kClosers.find(text) : std::string::npos;
      // Now and then a letter: some patterns end only after one.
      if (at != std::string::npos && !wants_letter_)
        return 8 - static_cast<double>(at) * (random_() % 64 == 0 ? -1 : 1);
      return text.size() == 1 && (std::isalnum(static_cast<unsigned char>(text[0])) != 0) ? 1 + noise : noise;
    }
    static const std::string kTempers[] = {"", " \n\t\"", "{}[],:", "0123456789-.eE\\u"};
    return noise + (kTempers[temper_].find(text[0]) != std::string::npos && temper_ != 0 ? 0.7 : 0);
  }

  Token pick(const std::vector<std::int32_t>& mask, bool masked, bool closing) {
    wants_letter_ = random_() % 4 == 0;
    Token best = -1;
    double best_liking = -2;
    for (Token t = 0; t <= kEnd; ++t) {
      if ((masked && !is_allowed(mask, t)) || (t != kEnd && token_text(t).empty())) continue;
      const double l = liking(t, closing);
      if (l > best_liking) {
        best_liking = l;
        best = t;
      }
    }
    return best;
  }

  void try_rollback(Token token) {
    matcher_.rollback(1);
    if (!matcher_.accept(token)) std::abort();
  }

  ConstraintMatcher matcher_;
  bool wants_letter_ = false;
  bool is_utf8_ = true;
  std::size_t number_ = 0;  // digits at the end of the text
  std::mt19937_64 random_;
  std::size_t temper_;
};

inline std::string write_text(const Constraint& constraint, std::uint64_t seed) {
  return Babbler(constraint, seed).write();
}

}  // namespace hearth
