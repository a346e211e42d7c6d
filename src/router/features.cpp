#include "router/features.h"

#include <algorithm>
#include <limits>

#include "router/attachment_words.h"
#include "router/code_structure.h"
#include "router/intent_text.h"
#include "router/language.h"
#include "router/utf8_decode.h"

namespace hearth {
namespace {

// The bounded look in bytes: structure is read from the beginning and the end, length from as much as counts in
// microseconds. Source: bench/route, which holds 32,000 characters to 2 ms.
constexpr std::size_t kHeadBytes = 6144;
constexpr std::size_t kTailBytes = 2048;
constexpr std::size_t kCountedBytes = std::size_t{1} << 16U;

template <class To>
To saturated(std::uint64_t n) {
  return static_cast<To>(std::min<std::uint64_t>(n, std::numeric_limits<To>::max()));
}

// Code points of the whole text; of a longer one than is counted, as many as its beginning promises.
std::uint64_t count_chars(std::string_view text) {
  const auto counted = text.substr(0, kCountedBytes);
  const auto n = static_cast<std::uint64_t>(
      std::count_if(counted.begin(), counted.end(), [](char c) { return !is_utf8_continuation(c); }));
  if (counted.size() == text.size()) return n;
  return static_cast<std::uint64_t>(static_cast<double>(n) * static_cast<double>(text.size()) /
                                    static_cast<double>(counted.size()));
}

// What one pass over the bytes of a part counts.
struct Marks {
  std::size_t fences = 0, questions = 0, sentences = 0, urls = 0, lines = 0;
  std::size_t json_keys = 0, json_braces = 0;
  std::size_t letters = 0;  // anything above a blank
};

bool starts_with(std::string_view text, std::size_t at, std::string_view word) {
  return text.substr(at, word.size()) == word;
}

// U+3002, U+FF1F, U+FF01, U+061F, U+037E, U+0964: full stop and question marks beyond ASCII.
void count_wide_mark(std::string_view text, std::size_t at, Marks& marks) {
  const bool question =
      starts_with(text, at, "\xEF\xBC\x9F") || starts_with(text, at, "\xD8\x9F") || starts_with(text, at, "\xCD\xBE");
  const bool stop = starts_with(text, at, "\xE3\x80\x82") || starts_with(text, at, "\xEF\xBC\x81") ||
                    starts_with(text, at, "\xE0\xA5\xA4");
  if (question) ++marks.questions;
  if (question || stop) ++marks.sentences;
}

void count_fence(std::string_view text, std::size_t at, Marks& marks) {
  const char c = text[at];
  // Only where a run begins: sixty-four thousand of them are one.
  if ((at == 0 || text[at - 1] != c) && at + 2 < text.size() && text[at + 1] == c && text[at + 2] == c) ++marks.fences;
}

void count_mark(std::string_view text, std::size_t at, Marks& marks) {
  const bool ends = at + 1 == text.size() || static_cast<unsigned char>(text[at + 1]) <= ' ';
  switch (text[at]) {
    case '\n': ++marks.lines; break;
    case '?': ++marks.questions, ++marks.sentences; break;
    case '.':
    case '!':
      if (ends) ++marks.sentences;
      break;
    case '`':
    case '~': count_fence(text, at, marks); break;
    case '{':
    case '}':
    case '[':
    case ']': ++marks.json_braces; break;
    case '"':
      if (at + 1 < text.size() && text[at + 1] == ':') ++marks.json_keys;
      break;
    case ':':
      if (starts_with(text, at, "://")) ++marks.urls;
      break;
    case 'w':
      if (starts_with(text, at, "www.") && (at == 0 || text[at - 1] != '/')) ++marks.urls;
      break;
    default: break;
  }
}

void count_marks(std::string_view text, Marks& marks) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte > ' ') ++marks.letters;
    if (byte < 0x80) {
      count_mark(text, i, marks);
    } else if (byte >= 0xC2) {
      count_wide_mark(text, i, marks);
    }
  }
}

// Keys with their colon among brackets. Two keys in braces are surely JSON, prose has none.
float json_score(const Marks& marks) {
  const auto n = static_cast<float>(std::min(marks.json_keys, marks.json_braces));
  return n / (n + 1);
}

// Tokens of a subword vocabulary. Source: four characters a token for English, one for Chinese and the like, three
// bytes of UTF-8 each (the usual estimate of model vendors; exact where the request says so).
std::uint32_t estimate_tokens(std::string_view looked, std::size_t text_bytes) {
  if (looked.empty()) return 0;
  const auto wide = static_cast<double>(
      std::count_if(looked.begin(), looked.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE0; }));
  const double narrow = static_cast<double>(looked.size()) - 3 * wide;
  const double tokens = std::max(1.0, std::max(0.0, narrow) / 4 + wide);
  return saturated<std::uint32_t>(
      static_cast<std::uint64_t>(tokens * static_cast<double>(text_bytes) / static_cast<double>(looked.size())));
}

void read_attachments(const RouteRequest& request, RouteFeatures& out) {
  for (const auto& attachment : request.attachments) {
    const bool decoded = attachment.decoded;
    switch (attachment.kind) {
      case AttachmentKind::kImage:
        out.image_flag = true;
        out.image |= decoded;
        break;
      case AttachmentKind::kAudio:
        out.audio_flag = true;
        out.audio |= decoded;
        break;
      case AttachmentKind::kVideo: out.video |= decoded; break;
      case AttachmentKind::kDocument: out.document |= decoded; break;
    }
  }
  out.has_tools = request.has_tools;
  out.has_json_schema = request.has_json_schema;
  out.audio_wanted = request.audio_wanted;
}

void read_structure(std::string_view text, RouteFeatures& out) {
  const auto head = text.substr(0, kHeadBytes);
  const auto rest = text.substr(head.size());
  const auto tail = rest.substr(rest.size() - std::min(rest.size(), kTailBytes));
  Marks marks;
  count_marks(head, marks);
  count_marks(tail, marks);
  auto code = read_code_structure(std::span<const char>(head.data(), head.size()));
  code.points += read_code_structure(std::span<const char>(tail.data(), tail.size())).points;
  out.n_looked = static_cast<std::uint32_t>(head.size() + tail.size());
  out.n_fences = saturated<std::uint16_t>(marks.fences);
  out.n_questions = saturated<std::uint16_t>(marks.questions);
  // A text without an end mark is one sentence.
  out.n_sentences = saturated<std::uint16_t>(std::max<std::size_t>(marks.sentences, marks.letters > 0 ? 1 : 0));
  out.n_urls = saturated<std::uint16_t>(marks.urls);
  out.n_lines = saturated<std::uint16_t>(marks.lines + (marks.letters > 0 ? 1 : 0));
  out.code_score = code.score() * std::max(0.6F, code.density(out.n_looked));
  out.json_score = json_score(marks);
}

}  // namespace

RouteFeatures read_features(const RouteRequest& request) {
  RouteFeatures out;
  read_attachments(request, out);
  read_structure(request.text, out);
  out.n_chars = request.n_chars != 0 ? request.n_chars : count_chars(request.text);
  out.n_tokens = request.prompt_tokens != 0 ? request.prompt_tokens
                                            : estimate_tokens(request.text.substr(0, kHeadBytes), request.text.size());
  TextWindow window;
  read_window(request.text, window);
  TokenFlow tokens;
  read_tokens(window, tokens);
  const auto words = read_attachment_words(tokens);
  // "What is this?" with one attachment is about it; in a longer text "this" is about the text.
  constexpr std::size_t kPointingWords = 8;
  const bool points = words.points && words.n_words <= kPointingWords;
  out.refers_to_image = words.image || (points && out.image && !out.audio);
  out.refers_to_audio = words.audio || (points && out.audio && !out.image);
  const auto language = detect_language(request.text);
  out.language = language.code;
  out.language_confidence = language.confidence;
  return out;
}

}  // namespace hearth
