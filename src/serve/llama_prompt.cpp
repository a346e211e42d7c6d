#include "serve/llama_prompt.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace hearth::serve {
namespace {

constexpr const char* kForms = "must be a text, tokens, or a list of these";

bool is_token(const Json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<Token>::max());
}

// One prompt, at `place`.
LlamaPrompt read_one(const Json& value, const std::string& place, ReadingNotes& notes) {
  LlamaPrompt prompt;
  if (value.is_string()) {
    prompt.pieces.emplace_back(value.get<std::string>());
  } else if (value.is_object()) {
    ObjectReader reader(value, place, notes);
    std::string text;
    if (!reader.text("prompt_string", text)) reader.refuse("prompt_string", "is missing");
    const Json* media = reader.find("multimodal_data");
    if (media != nullptr && !media->empty())
      reader.refuse_unsupported("multimodal_data", "has media: this server takes text alone");
    prompt.pieces.emplace_back(std::move(text));
    reader.note_rest();
  } else if (value.is_array()) {
    for (const Json& piece : value) {
      if (piece.is_string())
        prompt.pieces.emplace_back(piece.get<std::string>());
      else if (is_token(piece))
        prompt.pieces.emplace_back(piece.get<Token>());
      else
        return notes.refuse(field_error(place, "has an item that is neither a text nor a token")), prompt;
    }
  } else {
    notes.refuse(field_error(place, kForms));
  }
  if (prompt.pieces.empty()) notes.refuse(field_error(place, "is empty"));
  return prompt;
}

bool holds_prompts(const Json& list) {
  const bool texts = std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
  return texts || std::any_of(list.begin(), list.end(), [](const Json& item) { return item.is_structured(); });
}

}  // namespace

std::vector<LlamaPrompt> read_llama_prompts(ObjectReader& body, std::size_t most) {
  std::vector<LlamaPrompt> prompts;
  const Json* value = body.find("prompt");
  if (value == nullptr) {
    body.refuse("prompt", "is missing", "give a text or tokens");
  } else if (!value->is_array() || value->empty() || !holds_prompts(*value)) {
    prompts.push_back(read_one(*value, "prompt", body.notes()));
  } else if (body.list("prompt", most) != nullptr) {
    for (std::size_t i = 0; i < value->size(); ++i)
      prompts.push_back(read_one((*value)[i], "prompt[" + std::to_string(i) + "]", body.notes()));
  }
  return prompts;
}

Result<ResolvedPrompt> resolve_prompt(const TextKit& kit, const LlamaPrompt& prompt) {
  ResolvedPrompt resolved;
  for (std::size_t i = 0; i < prompt.pieces.size(); ++i) {
    const auto& piece = prompt.pieces[i];
    if (const auto* token = std::get_if<Token>(&piece)) {
      HEARTH_ASSIGN(text, kit.detokenize(std::span(token, 1), true));
      resolved.tokens.push_back(*token);
      resolved.text += text;
      continue;
    }
    const auto& text = std::get<std::string>(piece);
    auto tokens = i == 0 ? kit.prompt_tokens(PlainPrompt{text, true}) : kit.tokenize(text, false, true);
    if (!tokens) return fail(std::move(tokens).error());
    resolved.tokens.insert(resolved.tokens.end(), tokens->begin(), tokens->end());
    resolved.text += text;
  }
  return resolved;
}

}  // namespace hearth::serve
