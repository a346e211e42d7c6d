// The prompts of llama-server's /completion: texts, tokens, and both mixed.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/text_service.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// Texts and tokens, one after the other.
struct LlamaPrompt {
  std::vector<std::variant<std::string, Token>> pieces;
  // One text: the engine tokenises it itself.
  [[nodiscard]] bool is_text() const { return pieces.size() == 1 && pieces.front().index() == 0; }
};

// "prompt": a text; a list of tokens and texts (one prompt); {"prompt_string"}; or a list of these (one prompt each).
// A list of texts alone is a prompt each, as llama-server has it. Media are refused.
[[nodiscard]] std::vector<LlamaPrompt> read_llama_prompts(ObjectReader& body, std::size_t most);

struct ResolvedPrompt {
  std::vector<Token> tokens;
  std::string text;  // control tokens written out
};

// The begin token comes only before a text. kInvalidArgument: a token outside the vocabulary.
[[nodiscard]] Result<ResolvedPrompt> resolve_prompt(const TextKit& kit, const LlamaPrompt& prompt);

}  // namespace hearth::serve
