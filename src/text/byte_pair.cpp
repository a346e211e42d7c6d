// Byte-pair vocabularies: the merge of the lowest rank first, the leftmost of equals.
// Source: Sennrich et al. 2016, arXiv:1508.07909, section 3.2.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>

#include "text/code_points.h"
#include "text/token_model.h"

namespace hearth {
namespace {

struct Merge {
  std::int32_t rank = 0;
  std::int32_t id = 0;  // of the two together
};

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U | static_cast<std::uint32_t>(right);
}

struct BytePairSettings {
  std::optional<std::int32_t> unknown;
  std::string prefix;  // of a symbol that doesn't begin a word
  std::string suffix;  // of one that ends it
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool whole_words = false;  // a word that is a token is not cut
};

// A word's symbols as a list that shrinks while pairs are merged.
struct Symbol {
  std::int32_t id = 0;
  std::int32_t previous = -1;
  std::int32_t next = -1;
  bool is_gone = false;
};

struct Candidate {
  std::int32_t rank = 0;
  std::int32_t at = 0;
  std::int32_t left = 0;
  std::int32_t right = 0;
  // The top of the queue is what is merged next.
  bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

class BytePair final : public TokenModel {
 public:
  BytePair(TokenIds ids, std::unordered_map<std::uint64_t, Merge> merges, BytePairSettings settings)
      : ids_(std::move(ids)), merges_(std::move(merges)), settings_(std::move(settings)) {
    for (const auto& [text, id] : ids_) size_ = std::max(size_, static_cast<std::size_t>(id) + 1);
  }

  void encode(std::u32string_view word, std::vector<std::int32_t>& ids) const override {
    if (settings_.whole_words) {
      if (const auto whole = id_of(utf8_text(word))) return ids.push_back(*whole);
    }
    auto symbols = split(word);
    merge(symbols);
    for (const auto& symbol : symbols)
      if (!symbol.is_gone) ids.push_back(symbol.id);
  }

  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::size_t size() const override { return size_; }

 private:
  std::vector<Symbol> split(std::u32string_view word) const {
    std::vector<std::int32_t> found;
    bool after_unknown = false;
    for (std::size_t at = 0; at < word.size(); ++at) {
      std::string text;
      append_utf8(word[at], text);
      const std::string bytes = text;
      if (at > 0) text.insert(0, settings_.prefix);
      if (at + 1 == word.size()) text += settings_.suffix;
      const auto id = id_of(text);
      if (id) found.push_back(*id);
      if (id || (settings_.byte_fallback && append_bytes(bytes, found))) {
        after_unknown = false;
        continue;
      }
      if (settings_.unknown && !(settings_.fuse_unknown && after_unknown)) found.push_back(*settings_.unknown);
      after_unknown = true;
    }
    std::vector<Symbol> symbols(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto at = static_cast<std::int32_t>(i);
      symbols[i] = {found[i], at - 1, i + 1 < found.size() ? at + 1 : -1, false};
    }
    return symbols;
  }

  // All of a character's bytes as tokens "<0x00>" to "<0xFF>", or nothing.
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

  void merge(std::vector<Symbol>& symbols) const {
    std::priority_queue<Candidate> queue;
    const auto consider = [&](std::int32_t at) {
      if (at < 0 || symbols[static_cast<std::size_t>(at)].next < 0) return;
      const auto& left = symbols[static_cast<std::size_t>(at)];
      const auto& right = symbols[static_cast<std::size_t>(left.next)];
      const auto found = merges_.find(pair_key(left.id, right.id));
      if (found != merges_.end()) queue.push({found->second.rank, at, left.id, right.id});
    };
    for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));
    while (!queue.empty()) {
      const Candidate top = queue.top();
      queue.pop();
      auto& left = symbols[static_cast<std::size_t>(top.at)];
      if (left.is_gone || left.id != top.left || left.next < 0) continue;
      auto& right = symbols[static_cast<std::size_t>(left.next)];
      if (right.id != top.right) continue;  // merged meanwhile
      left.id = merges_.at(pair_key(top.left, top.right)).id;
      right.is_gone = true;
      left.next = right.next;
      if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = top.at;
      consider(left.previous);
      consider(top.at);
    }
  }

  TokenIds ids_;
  std::unordered_map<std::uint64_t, Merge> merges_;
  BytePairSettings settings_;
  std::size_t size_ = 0;
};

// A merge is written "left right", or as a pair of texts.
Result<std::pair<std::string, std::string>> read_pair(const nlohmann::json& merge) {
  if (merge.is_array() && merge.size() == 2) return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  const auto text = merge.is_string() ? merge.get<std::string>() : std::string();
  const auto gap = text.find(' ');
  if (gap == std::string::npos || gap == 0 || gap + 1 == text.size())
    return fail(ErrorCode::kInvalidData, "the tokenizer has a merge that is no pair: '" + text + "'");
  return std::pair(text.substr(0, gap), text.substr(gap + 1));
}

Result<std::unordered_map<std::uint64_t, Merge>> read_merges(const nlohmann::json& list, const TokenIds& ids,
                                                             const std::string& prefix) {
  if (!list.is_array()) return fail(ErrorCode::kInvalidData, "the tokenizer's merges are not a list");
  std::unordered_map<std::uint64_t, Merge> merges;
  merges.reserve(list.size());
  for (const auto& item : list) {
    HEARTH_ASSIGN(pair, read_pair(item));
    const auto& [left, right] = pair;
    const std::string both = left + (right.starts_with(prefix) ? right.substr(prefix.size()) : right);
    const auto left_id = ids.find(left);
    const auto right_id = ids.find(right);
    const auto both_id = ids.find(both);
    if (left_id == ids.end() || right_id == ids.end() || both_id == ids.end())
      return fail(ErrorCode::kInvalidData,
                  "the tokenizer merges '" + left + "' and '" + right + "', but its vocabulary lacks a part of that");
    const Merge merge{static_cast<std::int32_t>(merges.size()), both_id->second};
    merges.insert_or_assign(pair_key(left_id->second, right_id->second), merge);
  }
  return merges;
}

std::string text_of(const nlohmann::json& model, const char* key) {
  const auto found = model.find(key);
  return found != model.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<std::unique_ptr<TokenModel>> make_byte_pair(const nlohmann::json& model) {
  HEARTH_ASSIGN(ids, read_vocabulary(model.at("vocab")));
  BytePairSettings settings;
  settings.prefix = text_of(model, "continuing_subword_prefix");
  settings.suffix = text_of(model, "end_of_word_suffix");
  settings.fuse_unknown = model.value("fuse_unk", false);
  settings.byte_fallback = model.value("byte_fallback", false);
  settings.whole_words = model.value("ignore_merges", false);
  if (const auto unknown = text_of(model, "unk_token"); !unknown.empty()) {
    const auto found = ids.find(unknown);
    if (found == ids.end())
      return fail(ErrorCode::kInvalidData, "the tokenizer's unknown token '" + unknown + "' is not in its vocabulary");
    settings.unknown = found->second;
  }
  HEARTH_ASSIGN(merges, read_merges(model.at("merges"), ids, settings.prefix));
  return std::make_unique<BytePair>(std::move(ids), std::move(merges), std::move(settings));
}

}  // namespace hearth
