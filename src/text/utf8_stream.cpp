#include "text/utf8_stream.h"

namespace hearth {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

enum class Decoded { kValid, kInvalid, kTruncated };

struct Step {
  Decoded kind;
  std::size_t length;  // bytes consumed, or present when truncated
};

// The range of the second byte that keeps a sequence shortest-form and outside the surrogates.
// Source: Unicode 15, table 3-7 (well-formed UTF-8 byte sequences).
struct Lead {
  std::size_t length;
  unsigned char low;
  unsigned char high;
};

Lead classify(unsigned char c) {
  if (c >= 0xC2 && c <= 0xDF) return {2, 0x80, 0xBF};
  if (c == 0xE0) return {3, 0xA0, 0xBF};
  if (c == 0xED) return {3, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {3, 0x80, 0xBF};
  if (c == 0xF0) return {4, 0x90, 0xBF};
  if (c >= 0xF1 && c <= 0xF3) return {4, 0x80, 0xBF};
  if (c == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

Step decode_one(std::string_view s) {
  const auto first = static_cast<unsigned char>(s[0]);
  if (first < 0x80) return {Decoded::kValid, 1};
  const Lead lead = classify(first);
  if (lead.length == 0) return {Decoded::kInvalid, 1};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i >= s.size()) return {Decoded::kTruncated, i};
    const auto c = static_cast<unsigned char>(s[i]);
    const unsigned char low = i == 1 ? lead.low : 0x80;
    const unsigned char high = i == 1 ? lead.high : 0xBF;
    if (c < low || c > high) return {Decoded::kInvalid, i};
  }
  return {Decoded::kValid, lead.length};
}

// Appends the complete part of `s` to `out` and returns how many bytes at the end are an unfinished character.
std::size_t append_complete(std::string_view s, std::string& out) {
  std::size_t at = 0;
  while (at < s.size()) {
    const Step step = decode_one(s.substr(at));
    if (step.kind == Decoded::kTruncated) return s.size() - at;
    if (step.kind == Decoded::kValid)
      out.append(s.substr(at, step.length));
    else
      out.append(kReplacement);
    at += step.length;
  }
  return 0;
}

}  // namespace

std::string Utf8Stream::push(std::string_view bytes) {
  pending_.append(bytes);
  std::string out;
  const std::size_t rest = append_complete(pending_, out);
  pending_.erase(0, pending_.size() - rest);
  return out;
}

std::string Utf8Stream::finish() {
  const bool unfinished = !pending_.empty();
  pending_.clear();
  return unfinished ? std::string(kReplacement) : std::string();
}

std::size_t utf8_complete_prefix(std::string_view bytes) {
  std::string ignored;
  return bytes.size() - append_complete(bytes, ignored);
}

std::size_t utf8_plain_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] != '\0') {
    const Step step = decode_one(bytes.substr(at));
    if (step.kind != Decoded::kValid) break;
    at += step.length;
  }
  return at;
}

std::string utf8_sanitized(std::string_view bytes) {
  Utf8Stream stream;
  std::string out = stream.push(bytes);
  out += stream.finish();
  return out;
}

}  // namespace hearth
