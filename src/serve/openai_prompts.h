// Prompts as /v1/completions and /v1/embeddings take them: a text, tokens, or lists of either.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/text_request.h"
#include "serve/json_reader.h"

namespace hearth::serve {

using TextOrTokens = std::variant<std::string, std::vector<Token>>;

// At most `most` of them; texts may be empty only where `empty_texts`.
[[nodiscard]] std::vector<TextOrTokens> read_prompts(ObjectReader& body, std::string_view name, std::size_t most,
                                                     bool empty_texts);

}  // namespace hearth::serve
