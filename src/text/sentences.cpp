#include "text/sentences.h"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>

#include <algorithm>
#include <array>

namespace hearth {
namespace {

// End no sentence. Not CLDR's list for English: it lacks "Dr." and has words that are sentences ("Go.", "OK.").
constexpr std::array<const char*, 48> kAbbreviations = {
    "Mr.",  "Mrs.", "Ms.",  "Dr.",  "Prof.", "St.",     "Jr.",  "Sr.",  "Gen.", "Capt.", "Lt.",  "Sgt.",
    "Rev.", "Hon.", "Gov.", "Sen.", "Rep.",  "Mt.",     "vs.",  "e.g.", "i.e.", "cf.",   "No.",  "Nr.",
    "Fig.", "Inc.", "Ltd.", "Co.",  "Dept.", "approx.", "ca.",  "U.S.", "U.K.", "Jan.",  "Feb.", "Mar.",
    "Apr.", "Jun.", "Jul.", "Aug.", "Sep.",  "Sept.",   "Oct.", "Nov.", "Dec.", "Sat.",  "Sun.", "Vol."};

constexpr std::string_view kWhite = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

// Paragraphs are parted by lines that hold nothing but white space.
std::vector<std::string_view> paragraphs(std::string_view text) {
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  for (std::size_t line = 0; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size());
    if (trimmed(text.substr(line, end - line)).empty()) {
      found.push_back(text.substr(begin, line - begin));
      begin = end;
    }
    line = end + 1;
  }
  found.push_back(text.substr(begin));
  return found;
}

// How much of `text` goes into one part: at most `bytes_max`, and at least one character.
std::size_t part_length(std::string_view text, std::size_t bytes_max) {
  const auto reach = text.substr(0, bytes_max);
  const auto is_far = [&](std::size_t at) { return at != std::string_view::npos && at >= bytes_max / 4; };
  if (const auto at = reach.find_last_of(",;:"); is_far(at)) return at + 1;
  if (const auto at = reach.find_last_of(kWhite); is_far(at)) return at + 1;
  std::size_t n = reach.size();
  while (n > 1 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) --n;
  return n;
}

}  // namespace

struct SentenceSplitter::Rules {
  std::unique_ptr<icu::BreakIterator> iterator;
};

SentenceSplitter::SentenceSplitter(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
SentenceSplitter::~SentenceSplitter() = default;

Result<std::unique_ptr<SentenceSplitter>> SentenceSplitter::create() {
  UErrorCode status = U_ZERO_ERROR;
  auto rules = std::make_unique<Rules>();
  auto* plain = icu::BreakIterator::createSentenceInstance(icu::Locale::getEnglish(), status);
  const std::unique_ptr<icu::FilteredBreakIteratorBuilder> filter(
      icu::FilteredBreakIteratorBuilder::createEmptyInstance(status));
  if (U_SUCCESS(status) != 0 && filter != nullptr) {
    for (const char* abbreviation : kAbbreviations)
      filter->suppressBreakAfter(icu::UnicodeString::fromUTF8(abbreviation), status);
    rules->iterator.reset(filter->build(plain, status));  // takes it, whatever comes of it
  } else {
    delete plain;
  }
  if (U_FAILURE(status) != 0 || rules->iterator == nullptr)
    return fail(ErrorCode::kUnavailable, "ICU has no rules for sentences", "install its whole data");
  return std::unique_ptr<SentenceSplitter>(new SentenceSplitter(std::move(rules)));
}

std::vector<std::string> SentenceSplitter::split(std::string_view text, std::size_t bytes_max) {
  std::vector<std::string> sentences;
  for (const auto paragraph : paragraphs(text)) {
    std::string lines(paragraph);  // one long line: where it is broken says nothing
    std::ranges::replace_if(
        lines, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    const auto whole =
        icu::UnicodeString::fromUTF8(icu::StringPiece(lines.data(), static_cast<std::int32_t>(lines.size())));
    rules_->iterator->setText(whole);
    std::int32_t begin = rules_->iterator->first();
    for (auto end = rules_->iterator->next(); end != icu::BreakIterator::DONE; end = rules_->iterator->next()) {
      std::string sentence;
      whole.tempSubStringBetween(begin, end).toUTF8String(sentence);
      begin = end;
      for (const auto part : part_by_length(trimmed(sentence), bytes_max)) sentences.emplace_back(part);
    }
  }
  return sentences;
}

std::vector<std::string_view> part_by_length(std::string_view sentence, std::size_t bytes_max) {
  std::vector<std::string_view> parts;
  while (sentence.size() > bytes_max) {
    const std::size_t n = part_length(sentence, bytes_max);
    if (const auto part = trimmed(sentence.substr(0, n)); !part.empty()) parts.push_back(part);
    sentence = trimmed(sentence.substr(n));
  }
  if (!sentence.empty()) parts.push_back(sentence);
  return parts;
}

}  // namespace hearth
