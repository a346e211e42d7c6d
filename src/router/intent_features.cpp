#include "router/intent_features.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "router/code_structure.h"

namespace hearth {
namespace {

// What one pass over the window counts.
struct CharCounts {
  std::size_t digits = 0, symbols = 0, upper = 0, wide = 0, quotes = 0, newlines = 0;
  char32_t last = 0;  // that is neither white space nor a control
};

constexpr bool is_quote(char32_t c) {
  return c == U'"' || c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB || c == 0x300C;
}

CharCounts count_chars(std::span<const char32_t> text) {
  CharCounts counts;
  for (const char32_t c : text) {
    if (c > 32) counts.last = c;
    if (c == U'\n') ++counts.newlines;
    if (is_quote(c)) ++counts.quotes;
    if (c >= 0x80) {
      ++counts.wide;
    } else if (c >= U'0' && c <= U'9') {
      ++counts.digits;
    } else if (c >= U'A' && c <= U'Z') {
      ++counts.upper;
    } else if (c > 32 && c < 127 && (c < U'a' || c > U'z')) {
      ++counts.symbols;
    }
  }
  return counts;
}

constexpr bool is_space(char32_t c) { return c == U' ' || (c >= 9 && c <= 13); }

bool starts_with(std::span<const char32_t> text, std::size_t at, std::string_view word) {
  if (at + word.size() > text.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (text[at + i] != static_cast<char32_t>(word[i])) return false;
  return true;
}

// A brace, then a quote within three characters with only white space between; and somewhere a quote before a colon.
bool looks_like_json(std::span<const char32_t> text) {
  bool opens = false;
  bool has_key = false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == U'"' && text[i + 1] == U':') has_key = true;
    if (text[i] != U'{' || opens) continue;
    std::size_t next = i + 1;
    while (next < text.size() && next < i + 4 && is_space(text[next])) ++next;
    opens = next < text.size() && next < i + 4 && text[next] == U'"';
  }
  return opens && has_key;
}

bool has_url(std::span<const char32_t> text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'h' && (starts_with(text, i, "http://") || starts_with(text, i, "https://"))) return true;
    if (text[i] == U'w' && starts_with(text, i, "www.")) return true;
  }
  return false;
}

bool is_question_mark(char32_t c) { return c == U'?' || c == 0xFF1F || c == 0x61F || c == 0x37E; }

float flag(bool set) { return set ? 1.0F : 0.0F; }

bool has_attachment(const RouteRequest& request, AttachmentKind kind) {
  return std::any_of(request.attachments.begin(), request.attachments.end(),
                     [kind](const RouteAttachment& a) { return a.kind == kind; });
}

}  // namespace

DenseFeatures read_dense(const RouteRequest& request, std::uint64_t n_chars, const TextWindow& window) {
  const auto text = window.all();
  const auto counts = count_chars(text);
  const auto code = read_code_structure(text);
  const auto n = static_cast<float>(std::max<std::size_t>(1, text.size()));
  DenseFeatures out{};
  const auto set = [&out](DenseFeature feature, double value) {
    out[static_cast<std::size_t>(feature)] = static_cast<float>(value);
  };
  set(DenseFeature::kHasImage, flag(has_attachment(request, AttachmentKind::kImage)));
  set(DenseFeature::kHasAudio, flag(has_attachment(request, AttachmentKind::kAudio)));
  set(DenseFeature::kHasTools, flag(request.has_tools));
  set(DenseFeature::kLogChars, std::min(1.0, std::log2(1 + static_cast<double>(n_chars)) / 16));
  set(DenseFeature::kCodeScore, code.score());
  set(DenseFeature::kCodeDensity, code.density(text.size()));
  set(DenseFeature::kFence, flag(code.n_fences > 0));
  set(DenseFeature::kJson, flag(looks_like_json(text)));
  set(DenseFeature::kQuestionEnd, flag(is_question_mark(counts.last)));
  set(DenseFeature::kUrl, flag(has_url(text)));
  set(DenseFeature::kNewlines, std::min(1.0, std::log2(1 + static_cast<double>(counts.newlines)) / 6));
  set(DenseFeature::kDigitShare, static_cast<float>(counts.digits) / n);
  set(DenseFeature::kSymbolShare, static_cast<float>(counts.symbols) / n);
  set(DenseFeature::kUpperShare, static_cast<float>(counts.upper) / n);
  set(DenseFeature::kNonAsciiShare, static_cast<float>(counts.wide) / n);
  set(DenseFeature::kQuotes, std::min(1.0, static_cast<double>(counts.quotes) / 4));
  set(DenseFeature::kColonEnd, flag(counts.last == U':' || counts.last == 0xFF1A));
  return out;
}

}  // namespace hearth
