// A vocabulary's way of cutting one word into tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Found by views, so that looking up a part of a word copies nothing.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using TokenIds = std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>>;

constexpr std::size_t kVocabularyMax = std::size_t{1} << 22U;  // entries; the largest published ones have 2^18

// Immutable; used from any thread at once.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the ids of `word`, which is not empty.
  virtual void encode(std::u32string_view word, std::vector<std::int32_t>& ids) const = 0;
  [[nodiscard]] virtual std::optional<std::int32_t> id_of(std::string_view token) const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;  // ids are below this
};

// `model`: the value of "model" in a tokenizer.json; nlohmann's exceptions pass through for the caller to catch.
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_wordpiece(const nlohmann::json& model);
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_byte_pair(const nlohmann::json& model);
[[nodiscard]] Result<std::unique_ptr<TokenModel>> make_unigram(const nlohmann::json& model);

// "vocab" of WordPiece and byte-pair models: text to id.
[[nodiscard]] Result<TokenIds> read_vocabulary(const nlohmann::json& vocab);

}  // namespace hearth
