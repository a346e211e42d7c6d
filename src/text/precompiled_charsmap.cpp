#include "text/precompiled_charsmap.h"

#include <openssl/evp.h>
#include <unicode/ubrk.h>

#include <memory>

#include "text/code_points.h"

namespace hearth {
namespace {

constexpr std::size_t kUnitBytes = 4;
// Source: `tokenizers`, normalizers/precompiled.rs: longer graphemes are looked up character by character.
constexpr std::size_t kGraphemeBytesMax = 5;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kUnitBytes; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > (std::size_t{1} << 28U)) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

struct CloseIterator {
  void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
};

}  // namespace

Result<PrecompiledCharsmap> PrecompiledCharsmap::parse(std::string_view base64) {
  const auto refuse = [] {
    return fail(ErrorCode::kInvalidData, "the tokenizer's precompiled_charsmap is cut or is no such table",
                "fetch tokenizer.json again");
  };
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->size() < kUnitBytes) return refuse();
  const std::size_t trie_bytes = little_endian(*bytes);
  if (trie_bytes == 0 || trie_bytes % kUnitBytes != 0 || trie_bytes > bytes->size() - kUnitBytes) return refuse();
  PrecompiledCharsmap map;
  for (std::size_t at = 0; at < trie_bytes; at += kUnitBytes)
    map.trie_.push_back(little_endian(std::string_view(*bytes).substr(kUnitBytes + at, kUnitBytes)));
  map.replacements_ = bytes->substr(kUnitBytes + trie_bytes);
  map.replacements_.push_back('\0');
  return map;
}

// Of the shortest prefix that the table has.
std::optional<std::string_view> PrecompiledCharsmap::replacement(std::string_view bytes) const {
  const auto offset = [](std::uint32_t unit) { return (unit >> 10U) << ((unit & (1U << 9U)) >> 6U); };
  std::size_t at = offset(trie_[0]);
  for (const char byte : bytes) {
    const auto label = static_cast<unsigned char>(byte);
    if (label == 0) return std::nullopt;
    at ^= label;
    if (at >= trie_.size()) return std::nullopt;
    const std::uint32_t unit = trie_[at];
    if ((unit & (1U << 31U | 0xFFU)) != label) return std::nullopt;
    at ^= offset(unit);
    if ((unit >> 8U & 1U) == 0) continue;
    if (at >= trie_.size()) return std::nullopt;
    const std::size_t start = trie_[at] & 0x7FFFFFFFU;
    if (start >= replacements_.size()) return std::nullopt;
    return std::string_view(replacements_.c_str() + start);
  }
  return std::nullopt;
}

std::u32string PrecompiledCharsmap::apply(std::u32string_view text) const {
  const std::u16string units = utf16_text(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UBreakIterator, CloseIterator> graphemes(
      ubrk_open(UBRK_CHARACTER, "en", units.data(), static_cast<std::int32_t>(units.size()), &status));
  std::string out;
  std::int32_t start = 0;
  while (U_SUCCESS(status) && start < static_cast<std::int32_t>(units.size())) {
    const std::int32_t end = ubrk_next(graphemes.get());
    if (end == UBRK_DONE) break;
    const auto grapheme = from_utf16(
        std::u16string_view(units).substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start)));
    start = end;
    const std::string whole = utf8_text(grapheme);
    const auto replaced = whole.size() <= kGraphemeBytesMax ? replacement(whole) : std::nullopt;
    if (replaced) {
      out += *replaced;
      continue;
    }
    for (const char32_t c : grapheme) {
      std::string one;
      append_utf8(c, one);
      out += replacement(one).value_or(one);
    }
  }
  return code_points(out);
}

}  // namespace hearth
