// A pattern in a tokenizer.json: a text or a regular expression, found in a text.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Immutable; used from any thread at once. Regular expressions are ICU's, bounded in time and stack.
class TextPattern {
 public:
  struct Match {
    std::size_t begin = 0;  // in code points
    std::size_t end = 0;
  };

  // {"String": "..."}, {"Regex": "..."} or a text alone. kInvalidData: no pattern, or it doesn't parse.
  [[nodiscard]] static Result<TextPattern> parse(const nlohmann::json& pattern);
  [[nodiscard]] static Result<TextPattern> regex(const std::string& expression);

  // From left to right, none within another; empty matches are left out. kInvalidArgument: the text is too hard for
  // the pattern.
  [[nodiscard]] Result<std::vector<Match>> find(std::u32string_view text) const;

 private:
  struct Compiled;
  [[nodiscard]] std::vector<Match> find_literal(std::u32string_view text) const;
  std::u32string literal_;
  std::shared_ptr<const Compiled> compiled_;  // shared: copies of one pattern; null for a literal
};

}  // namespace hearth
