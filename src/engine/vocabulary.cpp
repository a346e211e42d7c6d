#include "engine/vocabulary.h"

#include <algorithm>

#include "base/display_text.h"

namespace hearth {
namespace {

constexpr std::size_t kTextsBytesMax = 1U << 30U;  // offsets are 32 bits; a vocabulary has a few MiB

}  // namespace

Result<std::shared_ptr<const Vocabulary>> Vocabulary::read(const TextModel& model) {
  std::shared_ptr<Vocabulary> made(new Vocabulary());
  bool is_too_long = false;
  HEARTH_TRY(model.token_table([&](const TokenRow& row) {
    is_too_long = is_too_long || made->texts_.size() + row.bytes.size() + row.written.size() > kTextsBytesMax;
    if (!is_too_long) made->add(row);
  }));
  if (is_too_long)
    return fail(ErrorCode::kInvalidData, "the texts of the model's tokens are longer than 1 GiB together",
                "the model file is damaged; get it again");
  made->texts_.shrink_to_fit();
  return made;
}

void Vocabulary::add(const TokenRow& row) {
  const auto keep = [&](std::string_view text) {
    const auto at = static_cast<std::uint32_t>(texts_.size());
    texts_ += text;
    return at;
  };
  Entry entry;
  entry.attributes = row.attributes;
  entry.written_at = keep(row.written);
  entry.written_size = static_cast<std::uint32_t>(row.written.size());
  entry.bytes_at = row.bytes == row.written ? entry.written_at : keep(row.bytes);
  entry.bytes_size = static_cast<std::uint32_t>(row.bytes.size());
  entries_.push_back(entry);
  if ((row.attributes & HEARTH_TOKEN_END) != 0) end_tokens_.push_back(row.token);
}

std::string_view Vocabulary::piece(Token token, bool special) const {
  const Entry* entry = find(token);
  if (entry == nullptr) return {};
  const std::string_view all = texts_;
  return special ? all.substr(entry->written_at, entry->written_size) : all.substr(entry->bytes_at, entry->bytes_size);
}

std::string Vocabulary::text(std::span<const Token> tokens, bool special) const {
  std::string out;
  for (const Token token : tokens) out += piece(token, special);
  return out;
}

std::uint32_t Vocabulary::attributes(Token token) const {
  const Entry* entry = find(token);
  return entry == nullptr ? 0 : entry->attributes;
}

ConstraintVocabulary Vocabulary::constraint_vocabulary() const {
  constexpr std::uint32_t kSpecial = HEARTH_TOKEN_CONTROL | HEARTH_TOKEN_END | HEARTH_TOKEN_UNUSED;
  ConstraintVocabulary out;
  out.tokens.resize(size());
  for (Token token = 0; token < static_cast<Token>(size()); ++token) {
    if ((attributes(token) & kSpecial) == 0) out.tokens[static_cast<std::size_t>(token)] = piece(token);
  }
  out.end_tokens = end_tokens_;
  return out;
}

ByteTokens Vocabulary::byte_tokens() const {
  constexpr std::uint32_t kSpecial = HEARTH_TOKEN_CONTROL | HEARTH_TOKEN_END | HEARTH_TOKEN_UNUSED;
  ByteTokens out;
  out.fill(-1);
  // A later token takes the place of a byte that stands in for missing ones, which come first.
  for (Token token = 0; token < static_cast<Token>(size()); ++token) {
    const std::string_view bytes = piece(token);
    if (bytes.size() == 1 && (attributes(token) & kSpecial) == 0) out[static_cast<unsigned char>(bytes[0])] = token;
  }
  return out;
}

std::string difference(const Vocabulary& a, const Vocabulary& b) {
  const Vocabulary& larger = a.size() < b.size() ? b : a;
  const auto shared = static_cast<Token>(std::min(a.size(), b.size()));
  for (Token token = 0; token < shared; ++token) {
    if (a.piece(token, true) != b.piece(token, true))
      return "token " + std::to_string(token) + " is '" + one_line(a.piece(token, true)) + "' in one and '" +
             one_line(b.piece(token, true)) + "' in the other";
    if (a.is_end(token) != b.is_end(token))
      return "token " + std::to_string(token) + " ends the text in one of them only";
  }
  for (auto token = shared; token < static_cast<Token>(larger.size()); ++token) {
    if ((larger.attributes(token) & (HEARTH_TOKEN_CONTROL | HEARTH_TOKEN_UNUSED)) == 0)
      return "one has " + std::to_string(a.size()) + " tokens, the other " + std::to_string(b.size());
  }
  return {};
}

}  // namespace hearth
