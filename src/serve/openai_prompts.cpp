#include "serve/openai_prompts.h"

#include <algorithm>

namespace hearth::serve {
namespace {

bool is_token(const Json& json) {
  return json.is_number_unsigned() && json.get<std::uint64_t>() <= std::numeric_limits<Token>::max();
}

// A list of tokens, not empty.
bool is_tokens(const Json& json) {
  return json.is_array() && !json.empty() && std::all_of(json.begin(), json.end(), is_token);
}

}  // namespace

std::vector<TextOrTokens> read_prompts(ObjectReader& body, std::string_view name, std::size_t most, bool empty_texts) {
  std::vector<TextOrTokens> prompts;
  const Json* json = body.find(name);
  if (json == nullptr) {
    body.refuse(name, "is missing");
    return {};
  }
  const auto add = [&](const Json& item) {
    if (item.is_string()) prompts.emplace_back(item.get<std::string>());
    if (is_tokens(item)) prompts.emplace_back(item.get<std::vector<Token>>());
    return item.is_string() || is_tokens(item);
  };
  if (!add(*json)) {
    if (!json->is_array() || json->empty() || !std::all_of(json->begin(), json->end(), add)) {
      body.refuse(name, "must be a string, a list of strings, a list of tokens or a list of lists of tokens");
      return {};
    }
    if (body.list(name, most) == nullptr) return {};
  }
  for (const TextOrTokens& prompt : prompts) {
    const auto* text = std::get_if<std::string>(&prompt);
    if (text != nullptr && text->empty() && !empty_texts) body.refuse(name, "must not have empty strings");
  }
  return prompts;
}

}  // namespace hearth::serve
