#include "text/added_tokens.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/code_points.h"
#include "text/token_model.h"

namespace hearth {
namespace {

bool stands_alone(std::u32string_view text, std::size_t begin, std::size_t end) {
  const bool starts = begin == 0 || !is_word_character(text[begin - 1]);
  return starts && (end == text.size() || !is_word_character(text[end]));
}

}  // namespace

void AddedTokenFinder::add(AddedToken token) {
  if (token.content.empty()) return;
  auto& same = by_first_[token.content.front()];
  const auto place =
      std::ranges::find_if(same, [&](const AddedToken& other) { return other.content.size() < token.content.size(); });
  same.insert(place, std::move(token));
}

const AddedToken* AddedTokenFinder::at(std::u32string_view text, std::size_t begin) const {
  const auto found = by_first_.find(text[begin]);
  if (found == by_first_.end()) return nullptr;
  const auto& same = found->second;
  const auto token =
      std::ranges::find_if(same, [&](const AddedToken& one) { return text.substr(begin).starts_with(one.content); });
  return token == same.end() ? nullptr : &*token;
}

std::vector<AddedTokenPart> AddedTokenFinder::find(std::u32string_view text) const {
  std::vector<AddedTokenPart> parts;
  std::size_t done = 0;
  for (std::size_t begin = 0; begin < text.size() && !by_first_.empty();) {
    const AddedToken* token = at(text, begin);
    if (token == nullptr) {
      ++begin;
      continue;
    }
    const std::size_t matched_end = begin + token->content.size();
    if (token->single_word && !stands_alone(text, begin, matched_end)) {
      begin = matched_end;
      continue;
    }
    std::size_t first = begin;
    std::size_t end = matched_end;
    while (token->lstrip && first > done && is_white_space(text[first - 1])) --first;
    while (token->rstrip && end < text.size() && is_white_space(text[end])) ++end;
    if (first > done) parts.push_back({done, first, -1});
    parts.push_back({first, end, token->id});
    done = begin = end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), -1});
  return parts;
}

Result<std::vector<AddedToken>> read_added_tokens(const nlohmann::json& list) {
  std::vector<AddedToken> tokens;
  for (const auto& item : list) {
    const auto& id = item.at("id");
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kVocabularyMax)
      return fail(ErrorCode::kInvalidData, "an added token of the tokenizer has no id below 4194304");
    AddedToken token;
    token.id = id.get<std::int32_t>();
    token.content = code_points(item.at("content").get<std::string>());
    token.single_word = item.value("single_word", false);
    token.lstrip = item.value("lstrip", false);
    token.rstrip = item.value("rstrip", false);
    token.normalized = item.value("normalized", !item.value("special", false));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace hearth
