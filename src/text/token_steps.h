// What happens to a text before its vocabulary sees it: normalisation, then cutting into words.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Both are immutable and used from any thread at once.
using TextStep = std::function<Result<std::u32string>(std::u32string)>;

// A part of a text that is being cut. `is_first`: it begins where the whole text does.
struct TextPiece {
  std::u32string text;
  bool is_first = false;
};
using SplitStep = std::function<Result<std::vector<TextPiece>>(std::vector<TextPiece>)>;

// The values of "normalizer" and "pre_tokenizer" in a tokenizer.json; null is none. kUnsupported: a kind that is not
// known, by its name. nlohmann's exceptions pass through for the caller to catch.
[[nodiscard]] Result<TextStep> make_normalizer(const nlohmann::json& normalizer);
[[nodiscard]] Result<SplitStep> make_splitter(const nlohmann::json& pre_tokenizer);

constexpr int kNestingMax = 8;  // of sequences of sequences; published files have 1

}  // namespace hearth
