// A tokenizer whose round trip is exact for every byte string: the script's words, and one token for each byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fake_script.h"
#include "hearth/abi/hearth_plugin.h"

namespace hearth::fake {

// Immutable. Tokens in order: <s>, </s>, <|end|>, the script's control tokens, 256 bytes, the script's words.
class Vocabulary {
 public:
  static constexpr hearth_token kBos = 0;
  static constexpr hearth_token kEos = 1;
  static constexpr hearth_token kEot = 2;

  // Throws INVALID_DATA when two tokens have one text or one has none.
  explicit Vocabulary(const Script& script);
  Vocabulary(const Vocabulary&) = delete;  // multi_byte_ points into texts_
  Vocabulary& operator=(const Vocabulary&) = delete;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
  [[nodiscard]] bool is_control(hearth_token token) const { return token < first_byte_; }
  [[nodiscard]] std::uint32_t attributes(hearth_token token) const;
  // The bytes of a token, control tokens included.
  [[nodiscard]] const std::string& text(hearth_token token) const { return texts_[static_cast<std::size_t>(token)]; }
  // The token that a text starts with: the longest word, else the first byte. `text` is not empty.
  [[nodiscard]] hearth_token first_token(std::string_view text, bool parse_special) const;
  [[nodiscard]] std::vector<hearth_token> tokenize(std::string_view text, bool parse_special) const;
  // Words of the script; the bytes where it has none.
  [[nodiscard]] hearth_token word(std::uint64_t any) const;

 private:
  void add(const std::string& text, const std::string& path);

  hearth_token first_byte_ = 0;
  std::vector<std::string> texts_;
  std::unordered_map<std::string_view, hearth_token> multi_byte_;  // of texts_, which no longer grows: views stay valid
  std::size_t longest_ = 1;
};

}  // namespace hearth::fake
