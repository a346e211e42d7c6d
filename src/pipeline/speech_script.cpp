#include "pipeline/speech_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/utf8_stream.h"

namespace hearth {
namespace {

// A sentence that is longer is parted: what a listener waits for grows with it, and what engines hold.
constexpr std::size_t kSentenceBytesMax = 400;

std::size_t sentence_bytes_max(const SpeakerFacts& facts) {
  return facts.text_bytes_max == 0 ? kSentenceBytesMax : std::min<std::size_t>(facts.text_bytes_max, kSentenceBytesMax);
}

Status check_text(std::string_view text) {
  if (text.size() > kSpeechTextBytesMax)
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("the text to speak has {} bytes; {} are taken at once", text.size(), kSpeechTextBytesMax),
                "give it in parts");
  if (const auto n = utf8_plain_prefix(text); n < text.size())
    return fail(
        ErrorCode::kInvalidData,
        fmt::format("the text to speak is no UTF-8 text: byte {} is 0x{:02X}", n, static_cast<unsigned char>(text[n])),
        "convert it to UTF-8 without NULs first");
  if (text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos)
    return fail(ErrorCode::kInvalidArgument, "there is no text to speak", "give some");
  return {};
}

Status check_style(const SpeakingStyle& style, const SpeakerFacts& facts) {
  const auto& voices = facts.voices;
  if (!style.voice.empty() && std::ranges::find(voices, style.voice, &SpeakerVoice::id) == voices.end()) {
    constexpr std::size_t kNamedMax = 12;
    std::string known;
    for (std::size_t i = 0; i < std::min(voices.size(), kNamedMax); ++i) known += (i == 0 ? "" : ", ") + voices[i].id;
    return fail(ErrorCode::kNotFound, fmt::format("{} has no voice '{}'", facts.model, style.voice.substr(0, 64)),
                "its voices are " + known + (voices.size() > kNamedMax ? " and others" : ""));
  }
  if (!(style.speed >= facts.speed_min && style.speed <= facts.speed_max))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} doesn't speak at a speed of {:.3g}", facts.model, style.speed),
                fmt::format("it takes {:.3g} to {:.3g}", facts.speed_min, facts.speed_max));
  return {};
}

}  // namespace

Result<std::unique_ptr<ScriptWriter>> ScriptWriter::create() {
  HEARTH_ASSIGN(sentences, SentenceSplitter::create());
  HEARTH_ASSIGN(english, SpokenEnglish::create());
  return std::unique_ptr<ScriptWriter>(new ScriptWriter(std::move(sentences), std::move(english)));
}

Result<std::vector<SpeechLine>> ScriptWriter::write(std::string_view text, const SpeakingStyle& style,
                                                    const SpeakerFacts& facts) {
  HEARTH_TRY(check_text(text));
  HEARTH_TRY(check_style(style, facts));
  std::vector<SpeechLine> lines;
  if (!is_ssml(text)) {
    add_part({.text = std::string(text)}, style, facts, lines);
    return lines;
  }
  HEARTH_ASSIGN(parts, parse_ssml(text));
  for (const auto& part : parts) {
    SpeakingStyle own = style;
    own.speed *= part.rate;
    own.spell = part.spell;
    if (!part.voice.empty()) own.voice = part.voice;
    HEARTH_TRY(check_style(own, facts));
    add_part(part, own, facts, lines);
  }
  if (lines.empty()) return fail(ErrorCode::kInvalidArgument, "there is no text to speak in the SSML", "give some");
  return lines;
}

void ScriptWriter::add_part(const SpeechPart& part, const SpeakingStyle& style, const SpeakerFacts& facts,
                            std::vector<SpeechLine>& lines) {
  const std::size_t n_before = lines.size();
  for (auto& sentence : sentences_->split(part.text, sentence_bytes_max(facts)))
    lines.push_back({std::move(sentence), style, 0});
  if (part.pause_ms == 0) return;
  if (lines.size() == n_before)
    lines.push_back({{}, style, part.pause_ms});
  else
    lines.back().pause_ms = part.pause_ms;
}

Status WordingSpeaker::speak(const std::string& sentence, const SpeakingStyle& style, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive) {
  if (voice_.facts().normalizes && !style.spell) return voice_.speak(sentence, style, bounds, receive);
  const std::string said = style.spell ? english_.spelled(sentence) : english_.words(sentence);
  // Words take more letters than their signs.
  for (const auto piece : part_by_length(said, sentence_bytes_max(voice_.facts())))
    HEARTH_TRY(voice_.speak(std::string(piece), style, bounds, receive));
  return {};
}

}  // namespace hearth
