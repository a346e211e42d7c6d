// Tokens that are found in a text before it is cut: "[CLS]", "<mask>" and what a model's maker added.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hearth/result.h"
#include "text/token_steps.h"

namespace hearth {

struct AddedToken {
  std::int32_t id = 0;
  std::u32string content;
  bool single_word = false;
  bool lstrip = false;  // takes the white space before it along
  bool rstrip = false;
  bool normalized = false;  // looked for in the normalised text
};

// A part of a text: a token, or what lies between tokens.
struct AddedTokenPart {
  std::size_t begin = 0;  // in code points
  std::size_t end = 0;
  std::int32_t id = -1;  // -1: text
};

// Finds tokens in a text, the leftmost first, of those the longest. Immutable.
class AddedTokenFinder {
 public:
  void add(AddedToken token);
  [[nodiscard]] std::vector<AddedTokenPart> find(std::u32string_view text) const;

 private:
  [[nodiscard]] const AddedToken* at(std::u32string_view text, std::size_t begin) const;
  std::unordered_map<char32_t, std::vector<AddedToken>> by_first_;  // longest first
};

// "added_tokens" of a tokenizer.json.
[[nodiscard]] Result<std::vector<AddedToken>> read_added_tokens(const nlohmann::json& list);

}  // namespace hearth
