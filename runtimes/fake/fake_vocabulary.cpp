#include "fake_vocabulary.h"

#include <algorithm>

#include "hearth/sdk/error.h"

namespace hearth::fake {
namespace {

constexpr std::size_t kBytes = 256;
constexpr std::size_t kFixedControls = 3;

}  // namespace

Vocabulary::Vocabulary(const Script& script) {
  texts_.reserve(kFixedControls + script.control_tokens.size() + kBytes + script.words.size());
  for (const char* fixed : {"<s>", "</s>", "<|end|>"}) add(fixed, script.path);
  for (const auto& control : script.control_tokens) add(control, script.path);
  first_byte_ = static_cast<hearth_token>(texts_.size());
  for (std::size_t byte = 0; byte < kBytes; ++byte) texts_.emplace_back(1, static_cast<char>(byte));
  for (const auto& word : script.words) add(word, script.path);
}

void Vocabulary::add(const std::string& text, const std::string& path) {
  if (text.size() < 2) {
    throw sdk::Error(HEARTH_INVALID_DATA,
                     path + " lists the token '" + text + "'; tokens of fewer than 2 bytes are there already");
  }
  texts_.push_back(text);
  if (!multi_byte_.emplace(texts_.back(), static_cast<hearth_token>(texts_.size() - 1)).second) {
    throw sdk::Error(HEARTH_INVALID_DATA, path + " lists the token '" + text + "' twice; keep one");
  }
  longest_ = std::max(longest_, text.size());
}

std::uint32_t Vocabulary::attributes(hearth_token token) const {
  if (token == kEos || token == kEot) return HEARTH_TOKEN_CONTROL | HEARTH_TOKEN_END;
  if (is_control(token)) return HEARTH_TOKEN_CONTROL;
  return token < first_byte_ + static_cast<hearth_token>(kBytes) ? std::uint32_t{HEARTH_TOKEN_BYTE} : 0U;
}

hearth_token Vocabulary::first_token(std::string_view text, bool parse_special) const {
  for (std::size_t length = std::min(longest_, text.size()); length > 1; --length) {
    const auto found = multi_byte_.find(text.substr(0, length));
    if (found != multi_byte_.end() && (parse_special || !is_control(found->second))) return found->second;
  }
  return first_byte_ + static_cast<unsigned char>(text.front());
}

std::vector<hearth_token> Vocabulary::tokenize(std::string_view text, bool parse_special) const {
  std::vector<hearth_token> tokens;
  while (!text.empty()) {
    tokens.push_back(first_token(text, parse_special));
    text.remove_prefix(this->text(tokens.back()).size());
  }
  return tokens;
}

hearth_token Vocabulary::word(std::uint64_t any) const {
  const auto first_word = static_cast<std::uint64_t>(first_byte_) + kBytes;
  if (first_word < texts_.size()) return static_cast<hearth_token>(first_word + any % (texts_.size() - first_word));
  return first_byte_ + 'a' + static_cast<hearth_token>(any % 26);
}

}  // namespace hearth::fake
