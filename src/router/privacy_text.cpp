#include "router/privacy_text.h"

#include <cstdint>
#include <cstring>

namespace hearth {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// Broken sequences come back byte by byte, as themselves.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead < 0x80U) return {lead, 1};
  if (lead >= 0xC2U && lead < 0xE0U && tail(1)) return {((lead & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  if (lead >= 0xE0U && lead < 0xF0U && tail(1) && tail(2))
    return {((lead & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU), 3};
  if (lead >= 0xF0U && lead < 0xF5U && tail(1) && tail(2) && tail(3))
    return {((lead & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU), 4};
  return {0xFFFDU, 1};
}

bool invisible(char32_t c) {
  return c == 0xADU || (c >= 0x300U && c <= 0x36FU) || c == 0x61CU || (c >= 0x1AB0U && c <= 0x1AFFU) ||
         (c >= 0x200BU && c <= 0x200FU) || (c >= 0x202AU && c <= 0x202EU) || (c >= 0x2060U && c <= 0x206FU) ||
         (c >= 0x20D0U && c <= 0x20FFU) || (c >= 0xFE00U && c <= 0xFE0FU) || c == 0xFEFFU || c == 0x180EU ||
         (c >= 0xE0000U && c <= 0xE01EFU);
}

// First digits of the scripts whose ten digits follow one another. Source: Unicode, general category Nd.
constexpr std::array<char32_t, 14> kZeros = {0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6,
                                             0xB66, 0xBE6, 0xC66, 0xCE6, 0xE50, 0xED0, 0xFF10};

// The ASCII character that stands for `c`; 0: none does.
char ascii_of(char32_t c) {
  for (const char32_t zero : kZeros)
    if (c >= zero && c < zero + 10) return static_cast<char>('0' + (c - zero));
  if (c >= 0x1D7CEU && c <= 0x1D7FFU) return static_cast<char>('0' + (c - 0x1D7CEU) % 10);  // mathematical digits
  if (c >= 0xFF01U && c <= 0xFF5EU) return static_cast<char>(c - 0xFF01U + '!');            // full width
  if (c == 0xA0U || c == 0x1680U || (c >= 0x2000U && c <= 0x200AU) || c == 0x202FU || c == 0x205FU || c == 0x3000U)
    return ' ';
  if ((c >= 0x2010U && c <= 0x2015U) || c == 0x2212U) return '-';
  if (c == 0x2018U || c == 0x2019U) return '\'';
  if (c == 0xA3U || c == 0xA5U || c == 0x20ACU || c == 0x20B9U || c == 0x20BDU) return '$';  // a sum of money follows
  // What is left of the punctuation ends words and means nothing more.
  if ((c >= 0xA1U && c <= 0xBFU && c != 0xADU && c != 0xAAU && c != 0xBAU) || (c >= 0x2016U && c <= 0x2027U) ||
      (c >= 0x2030U && c <= 0x205EU) || (c >= 0x3001U && c <= 0x3002U) || (c >= 0x3008U && c <= 0x3011U))
    return ' ';
  return 0;
}

bool letter_byte(char c) {
  const auto b = static_cast<unsigned char>(c);
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80U;
}

// Lowers a letter of two UTF-8 bytes; gives whether it was a capital.
bool lower_pair(unsigned char& lead, unsigned char& tail) {
  if (lead == 0xC3U && tail >= 0x80U && tail <= 0x9EU && tail != 0x97U) {  // Latin-1
    tail = static_cast<unsigned char>(tail + 0x20U);
    return true;
  }
  if ((lead == 0xC4U || lead == 0xC5U) && tail % 2 == 0 && !(lead == 0xC5U && tail < 0x8AU)) {  // Latin Extended-A
    tail = static_cast<unsigned char>(tail + 1U);
    return true;
  }
  if (lead == 0xCEU && tail >= 0x91U && tail <= 0xA9U) {  // Greek
    if (tail >= 0xA0U) lead = 0xCFU;
    tail = static_cast<unsigned char>(tail >= 0xA0U ? tail - 0x20U : tail + 0x20U);
    return true;
  }
  if (lead == 0xD0U && tail >= 0x90U && tail <= 0xAFU) {  // Cyrillic
    if (tail >= 0xA0U) lead = 0xD1U;
    tail = static_cast<unsigned char>(tail >= 0xA0U ? tail - 0x20U : tail + 0x20U);
    return true;
  }
  return false;
}

}  // namespace

void PrivacyText::fill() {
  while (!rest_.empty() && size_ < kBytes) {
    const auto lead = static_cast<unsigned char>(rest_.front());
    if (lead < 0x80U) {
      buffer_[size_++] = lead == 0 || lead == '\t' ? ' ' : static_cast<char>(lead);
      rest_.remove_prefix(1);
      continue;
    }
    const CodePoint point = decode(rest_);
    if (const char ascii = ascii_of(point.value); ascii != 0) {
      buffer_[size_++] = ascii;
    } else if (!invisible(point.value)) {
      std::memcpy(buffer_.data() + size_, rest_.data(), point.bytes);
      size_ += point.bytes;
    }
    rest_.remove_prefix(point.bytes);
  }
}

bool PrivacyText::next(Window& window) {
  if (started_) {
    // Keep what came before the next window's first byte, and what the last window only looked ahead to.
    const std::size_t keep_from = first_ > kReach ? first_ - kReach : 0;
    std::memmove(buffer_.data(), buffer_.data() + keep_from, size_ - keep_from);
    size_ -= keep_from;
    offset_ += keep_from;
    first_ -= keep_from;
  }
  started_ = true;
  fill();
  window.view = {buffer_.data(), size_};
  window.offset = offset_;
  window.first = first_;
  window.last = rest_.empty() ? size_ : size_ - kReach;
  first_ = window.last;
  return window.first < window.last;
}

PrivacyWord word_at(std::string_view text, std::size_t at) {
  PrivacyWord word;
  std::uint64_t hash = word_hash({});
  const auto mix = [&](unsigned char c) { hash = (hash ^ c) * 0x100000001b3U; };
  std::size_t i = at;
  while (i < text.size() && letter_byte(text[i]) && i - at < PrivacyText::kReach / 2) {
    auto lead = static_cast<unsigned char>(text[i]);
    bool capital = false;
    if (lead < 0x80U) {
      capital = lead <= 'Z';
      mix(static_cast<unsigned char>(lead | 0x20U));
      ++i;
    } else if (lead >= 0xC3U && lead < 0xD2U && i + 1 < text.size()) {
      auto tail = static_cast<unsigned char>(text[i + 1]);
      capital = lower_pair(lead, tail);
      mix(lead);
      mix(tail);
      i += 2;
    } else {
      mix(lead);
      ++i;
    }
    if (word.bytes == 0) word.capital = capital;
    word.bytes = i - at;
  }
  word.hash = hash;
  return word;
}

}  // namespace hearth
