// Texts to be spoken, SSML or not, from any bytes: parsed, parted into sentences and written out in words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/sentences.h"
#include "text/spoken_english.h"
#include "text/ssml.h"
#include "text/utf8_stream.h"

namespace {

constexpr std::size_t kBytesMax = 4'000;  // what is slow to write out tells nothing more
constexpr std::size_t kSentenceBytesMax = 400;

void speak(const hearth::SpeechPart& part) {
  static auto& sentences = *hearth::SentenceSplitter::create().value().release();
  static const auto& english = *hearth::SpokenEnglish::create().value().release();
  for (const auto& sentence : sentences.split(part.text, kSentenceBytesMax)) {
    if (sentence.empty() || sentence.size() > kSentenceBytesMax) std::abort();
    const auto said = part.spell ? english.spelled(sentence) : english.words(sentence);
    for (const char c : said)
      if (c < 0x20 || c > 0x7E) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size < kBytesMax ? size : kBytesMax);
  text = text.substr(0, hearth::utf8_plain_prefix(text));
  speak({.text = std::string(text)});
  const auto parts = hearth::parse_ssml(text);
  if (!parts) return 0;
  for (const auto& part : *parts) {
    if (part.pause_ms > 10'000 || !(part.rate > 0)) std::abort();
    speak(part);
  }
  return 0;
}
