// SentencePiece's compiled table of replacements, as tokenizer.json carries it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Immutable.
class PrecompiledCharsmap {
 public:
  // `base64`: the text of "precompiled_charsmap". kInvalidData where it is cut or no such table.
  [[nodiscard]] static Result<PrecompiledCharsmap> parse(std::string_view base64);
  // Replaces grapheme by grapheme, as the reference does.
  [[nodiscard]] std::u32string apply(std::u32string_view text) const;

 private:
  [[nodiscard]] std::optional<std::string_view> replacement(std::string_view bytes) const;
  std::vector<std::uint32_t>
      trie_;                  // double array. Source: github.com/s-yata/darts-clone, include/darts.h, unit layout
  std::string replacements_;  // each ends with a NUL
};

}  // namespace hearth
