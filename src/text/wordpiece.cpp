// WordPiece: the longest token that fits, from left to right; a word that can't be cut whole is one unknown token.
// Source: Wu et al. 2016, arXiv:1609.08144, section 4.1; the limit on a word's length as in google-research/bert.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/code_points.h"
#include "text/token_model.h"

namespace hearth {
namespace {

class WordPiece final : public TokenModel {
 public:
  WordPiece(TokenIds ids, std::int32_t unknown, std::string prefix, std::size_t longest_word)
      : ids_(std::move(ids)), unknown_(unknown), prefix_(std::move(prefix)), longest_word_(longest_word) {
    for (const auto& [text, id] : ids_) {
      longest_token_ = std::max(longest_token_, text.size());
      size_ = std::max(size_, static_cast<std::size_t>(id) + 1);
    }
  }

  void encode(std::u32string_view word, std::vector<std::int32_t>& ids) const override {
    if (word.size() > longest_word_) return ids.push_back(unknown_);
    const std::size_t before = ids.size();
    const std::string bytes = utf8_text(word);
    std::string candidate;
    for (std::size_t start = 0; start < bytes.size();) {
      const auto [id, end] = longest_at(bytes, start, candidate);
      if (end == start) {
        ids.resize(before);
        return ids.push_back(unknown_);
      }
      ids.push_back(id);
      start = end;
    }
  }

  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::size_t size() const override { return size_; }

 private:
  // The id and the end of the longest token that begins at `start`; an end at `start` means there is none.
  std::pair<std::int32_t, std::size_t> longest_at(const std::string& bytes, std::size_t start,
                                                  std::string& candidate) const {
    const std::size_t lead = start == 0 ? 0 : prefix_.size();
    candidate.assign(prefix_, 0, lead);
    const std::size_t room = longest_token_ > lead ? longest_token_ - lead : 0;
    candidate.append(bytes, start, std::min(room, bytes.size() - start));
    for (std::size_t n = candidate.size(); n > lead; --n) {
      const auto found = ids_.find(std::string_view(candidate).substr(0, n));
      if (found != ids_.end()) return {found->second, start + n - lead};
    }
    return {0, start};
  }

  TokenIds ids_;
  std::int32_t unknown_;
  std::string prefix_;
  std::size_t longest_word_;  // code points
  std::size_t longest_token_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

Result<TokenIds> read_vocabulary(const nlohmann::json& vocab) {
  if (!vocab.is_object() || vocab.empty() || vocab.size() > kVocabularyMax)
    return fail(ErrorCode::kInvalidData, "the tokenizer's vocabulary is not a table of 1 to 4194304 tokens");
  TokenIds ids;
  ids.reserve(vocab.size());
  for (const auto& [text, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kVocabularyMax)
      return fail(ErrorCode::kInvalidData, "the tokenizer's vocabulary gives '" + text + "' no id below 4194304");
    ids.emplace(text, id.get<std::int32_t>());
  }
  return ids;
}

Result<std::unique_ptr<TokenModel>> make_wordpiece(const nlohmann::json& model) {
  HEARTH_ASSIGN(ids, read_vocabulary(model.at("vocab")));
  const auto unknown = model.value("unk_token", std::string("[UNK]"));
  const auto found = ids.find(unknown);
  if (found == ids.end())
    return fail(ErrorCode::kInvalidData, "the tokenizer's unknown token '" + unknown + "' is not in its vocabulary");
  const std::int32_t unknown_id = found->second;
  return std::make_unique<WordPiece>(std::move(ids), unknown_id,
                                     model.value("continuing_subword_prefix", std::string("##")),
                                     model.value("max_input_chars_per_word", std::size_t{100}));
}

}  // namespace hearth
