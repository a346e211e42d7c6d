// What is to be spoken, line by line: text or SSML made into sentences, and these into words for voices that want them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "pipeline/speaker.h"
#include "text/sentences.h"
#include "text/spoken_english.h"
#include "text/ssml.h"

namespace hearth {

// A sentence, then a pause.
struct SpeechLine {
  std::string text;  // as it is written; empty: the pause alone
  SpeakingStyle style;
  std::uint32_t pause_ms = 0;
  bool operator==(const SpeechLine&) const = default;
};

// About an hour of speech for each 50 kB.
inline constexpr std::size_t kSpeechTextBytesMax = std::size_t{4} << 20U;

// One thread at a time. Costs some tens of milliseconds to make: rules of languages are read.
class ScriptWriter {
 public:
  // kUnavailable as SentenceSplitter and SpokenEnglish.
  static Result<std::unique_ptr<ScriptWriter>> create();

  // The lines of `text`: SSML where it opens with <speak>, else plain text, whose paragraphs are parted by blank lines.
  // kInvalidArgument: no text, no well-formed SSML, a speed that the
  // speaker doesn't have; kInvalidData: bytes that are no UTF-8 or NUL, with their place; kDoesNotFit: more than
  // kSpeechTextBytesMax; kNotFound: no such voice; kUnsupported as parse_ssml.
  [[nodiscard]] Result<std::vector<SpeechLine>> write(std::string_view text, const SpeakingStyle& style,
                                                      const SpeakerFacts& facts);

  [[nodiscard]] const SpokenEnglish& english() const { return *english_; }

 private:
  ScriptWriter(std::unique_ptr<SentenceSplitter> sentences, std::unique_ptr<SpokenEnglish> english)
      : sentences_(std::move(sentences)), english_(std::move(english)) {}
  void add_part(const SpeechPart& part, const SpeakingStyle& style, const SpeakerFacts& facts,
                std::vector<SpeechLine>& lines);

  std::unique_ptr<SentenceSplitter> sentences_;
  std::unique_ptr<SpokenEnglish> english_;
};

// Speaks a voice's sentences as they are written: in words where it wants words, each only when its turn comes, so that
// a long text begins as soon as a short one. As thread-safe as SpokenEnglish: one thread at a time.
class WordingSpeaker final : public Speaker {
 public:
  // Both are borrowed.
  WordingSpeaker(Speaker& voice, const SpokenEnglish& english) : voice_(voice), english_(english) {}
  [[nodiscard]] const SpeakerFacts& facts() const override { return voice_.facts(); }
  [[nodiscard]] Status speak(const std::string& sentence, const SpeakingStyle& style, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive) override;

 private:
  Speaker& voice_;
  const SpokenEnglish& english_;
};

}  // namespace hearth
