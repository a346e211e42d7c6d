// Unigram vocabularies: the most probable cut of a word.
// Source: Kudo 2018, arXiv:1804.10959, section 3.2; sums in double precision and the first of equals kept, as the
// reference has it: SentencePiece's own library sums in single precision and cuts "000" elsewhere when scores are
// equal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "text/code_points.h"
#include "text/token_model.h"

namespace hearth {
namespace {

// Source: github.com/google/sentencepiece, src/unigram_model.cc, kUnkPenalty.
constexpr double kUnknownPenalty = 10;

// The best way found to cut everything before a place.
struct Way {
  double score = -std::numeric_limits<double>::infinity();
  std::size_t start = 0;  // of the way's last token, in bytes
  std::int32_t id = -1;
};

std::size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

class Unigram final : public TokenModel {
 public:
  Unigram(TokenIds ids, std::vector<double> scores, std::int32_t unknown, bool byte_fallback)
      : ids_(std::move(ids)), scores_(std::move(scores)), unknown_(unknown), byte_fallback_(byte_fallback) {
    unknown_score_ = *std::ranges::min_element(scores_) - kUnknownPenalty;
    for (const auto& [text, id] : ids_) longest_ = std::max(longest_, text.size());
  }

  void encode(std::u32string_view word, std::vector<std::int32_t>& ids) const override {
    const std::string bytes = utf8_text(word);
    const std::vector<Way> ways = best_ways(bytes);
    std::vector<std::pair<std::size_t, std::int32_t>> tokens;  // start and id, from the last to the first
    for (std::size_t end = bytes.size(); end > 0; end = ways[end].start) {
      const bool joins = ways[end].id == unknown_ && !tokens.empty() && tokens.back().second == unknown_;
      if (joins)
        tokens.back().first = ways[end].start;
      else
        tokens.emplace_back(ways[end].start, ways[end].id);
    }
    std::ranges::reverse(tokens);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const std::size_t end = i + 1 < tokens.size() ? tokens[i + 1].first : bytes.size();
      const auto [start, id] = tokens[i];
      if (id != unknown_ || !byte_fallback_ || !append_bytes(std::string_view(bytes).substr(start, end - start), ids))
        ids.push_back(id);
    }
  }

  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::size_t size() const override { return scores_.size(); }

 private:
  // By the place each way ends at, in bytes; only ends of characters have one.
  std::vector<Way> best_ways(const std::string& bytes) const {
    std::vector<Way> ways(bytes.size() + 1);
    ways[0].score = 0;
    const auto offer = [&ways](std::size_t start, std::size_t end, std::int32_t id, double score) {
      const double sum = ways[start].score + score;
      if (ways[end].id < 0 || sum > ways[end].score) ways[end] = {sum, start, id};
    };
    for (std::size_t start = 0; start < bytes.size();) {
      const std::size_t next = start + character_bytes(bytes[start]);
      const std::size_t most = std::min(bytes.size(), start + longest_);
      bool has_character = false;
      for (std::size_t end = next; end <= most;) {
        if (const auto found = ids_.find(std::string_view(bytes).substr(start, end - start)); found != ids_.end()) {
          offer(start, end, found->second, scores_[static_cast<std::size_t>(found->second)]);
          has_character = has_character || end == next;
        }
        if (end == bytes.size()) break;
        end += character_bytes(bytes[end]);
      }
      if (!has_character) offer(start, next, unknown_, unknown_score_);
      start = next;
    }
    return ways;
  }

  // All bytes as tokens "<0x00>" to "<0xFF>", or nothing.
  bool append_bytes(std::string_view bytes, std::vector<std::int32_t>& ids) const {
    const std::size_t before = ids.size();
    for (const char byte : bytes) {
      const auto id = id_of(fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte)));
      if (!id) {
        ids.resize(before);
        return false;
      }
      ids.push_back(*id);
    }
    return true;
  }

  TokenIds ids_;
  std::vector<double> scores_;
  std::int32_t unknown_;
  bool byte_fallback_;
  double unknown_score_ = 0;
  std::size_t longest_ = 0;  // token, in bytes
};

}  // namespace

Result<std::unique_ptr<TokenModel>> make_unigram(const nlohmann::json& model) {
  const auto& vocab = model.at("vocab");
  const auto& unknown = model.at("unk_id");
  if (!vocab.is_array() || vocab.size() > kVocabularyMax || !unknown.is_number_unsigned() ||
      unknown.get<std::uint64_t>() >= vocab.size())
    return fail(ErrorCode::kInvalidData,
                "the tokenizer's Unigram model has no list of tokens with one for the unknown");
  TokenIds ids;
  std::vector<double> scores;
  for (const auto& entry : vocab) {
    const auto text = entry.at(0).get<std::string>();
    scores.push_back(entry.at(1).get<double>());
    if (!std::isfinite(scores.back()))
      return fail(ErrorCode::kInvalidData, "the tokenizer's token '" + text + "' has no score");
    ids.insert_or_assign(text, static_cast<std::int32_t>(scores.size() - 1));
  }
  return std::make_unique<Unigram>(std::move(ids), std::move(scores), unknown.get<std::int32_t>(),
                                   model.value("byte_fallback", false));
}

}  // namespace hearth
