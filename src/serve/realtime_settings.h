// How a realtime session is set up: what `session.update` changes and `session.created` shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/speaker.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// Both directions. Source: the OpenAI API reference, realtime, audio formats: 16-bit little-endian mono.
inline constexpr std::uint32_t kRealtimeRateHz = 24'000;

// When the server hears that a turn has ended. Source of the defaults: the OpenAI API reference, realtime, server_vad.
struct RealtimeTurns {
  float threshold = 0.5F;
  std::uint32_t prefix_padding_ms = 300;
  std::uint32_t silence_duration_ms = 500;
  bool create_response = true;
  bool interrupt_response = true;
  bool operator==(const RealtimeTurns&) const = default;
};

// What one answer is made with.
struct RealtimeAnswerSettings {
  bool audio = true;  // else text
  std::string instructions = "Answer in one or two short sentences that can be read aloud.";
  std::uint32_t max_output_tokens = 0;  // 0: until the model ends
  std::optional<float> temperature{};   // absent: the models' usual one
  SpeakingStyle style{};
};

struct RealtimeSettings {
  RealtimeAnswerSettings answer;
  std::optional<RealtimeTurns> turns = RealtimeTurns{};  // absent: the client commits
  bool tells_transcripts = true;                         // of what is heard; it is written down either way
  std::string transcription_model{};
  std::string transcription_language{};
};

// What the server has, which the settings choose from.
struct RealtimeOffer {
  std::string model;  // of language
  std::vector<std::string> speech_models;
  const SpeakerFacts* voice = nullptr;  // borrowed; null: answers are text
};

// What a session begins with.
[[nodiscard]] RealtimeSettings default_settings(const RealtimeOffer& offer);

// Changes what the object names; nothing where something of it is refused, which is noted. Both forms are read: the
// one with `audio.input` and `audio.output`, and the older flat one. kUnsupported as "unsupported": other formats than
// PCM, tools, a semantic detector of turns.
void read_session(ObjectReader& session, const RealtimeOffer& offer, RealtimeSettings& settings);
// Of `response.create`.
void read_response(ObjectReader& response, const RealtimeOffer& offer, RealtimeAnswerSettings& settings);

[[nodiscard]] Json session_json(const std::string& id, const RealtimeOffer& offer, const RealtimeSettings& settings);

}  // namespace hearth::serve
