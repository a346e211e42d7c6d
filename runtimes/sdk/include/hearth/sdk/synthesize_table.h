// The C table of the synthesize capability over SynthesizeModel: checks what comes in, traps what is thrown.
#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "hearth/sdk/handles.h"
#include "hearth/sdk/synthesize.h"

namespace hearth::sdk {

// A cross-cast, as for transcription.
inline SynthesizeModel& speaker_of(hearth_model* model) {
  auto* speaker = dynamic_cast<SynthesizeModel*>(handle(model).model.get());
  if (speaker == nullptr) throw Error(HEARTH_UNSUPPORTED, "this model doesn't speak; ask for another capability");
  return *speaker;
}

namespace synthesize_table {

// Source: Unicode Standard, table 3-7, "well-formed UTF-8 byte sequences"; NUL is left out besides.
inline bool is_plain_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U; };
    const unsigned lead = at(0);
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (n == 0 || lead == 0) return false;
    const unsigned low = lead == 0xE0 ? 0xA0U : lead == 0xF0 ? 0x90U : 0x80U;
    const unsigned high = lead == 0xED ? 0x9FU : lead == 0xF4 ? 0x8FU : 0xBFU;
    if (n > 1 && (at(1) < low || at(1) > high)) return false;
    for (std::size_t k = 2; k < n; ++k)
      if ((at(k) & 0xC0U) != 0x80U) return false;
    i += n;
  }
  return true;
}

inline SynthesizeOptions read_options(const hearth_synthesize_options* from, const SynthesizeModel& model,
                                      const std::vector<Key>& keys) {
  const auto raw = read_struct(from, hearth_synthesize_options{});
  SynthesizeOptions options;
  options.voice = view(raw.voice);
  options.speed = raw.speed == 0 ? 1.0 : raw.speed;
  if (const auto extra = view(raw.extra_json); !extra.empty())
    options.extra = parse_json(extra, "the extra options of speaking");
  check_object(options.extra, keys, "the extra options of speaking");
  const auto& voices = model.voices();
  if (voices.empty()) throw Error(HEARTH_INTERNAL, "the runtime's model has no voice");
  if (options.voice.empty()) options.voice = voices.front().id;
  if (std::ranges::find(voices, options.voice, &Voice::id) == voices.end()) {
    std::vector<std::string> known;
    constexpr std::size_t kNamedMax = 20;
    for (const auto& voice : voices)
      if (known.size() < kNamedMax) known.push_back(voice.id);
    throw Error(HEARTH_NOT_FOUND, "there is no voice '" + options.voice + "'; voices are " + join(known) +
                                      (voices.size() > kNamedMax ? ", ..." : ""));
  }
  const auto& info = model.info();
  if (!(options.speed >= info.speed_min && options.speed <= info.speed_max))
    throw Error(HEARTH_INVALID_ARGUMENT, "a speed of " + json_text(options.speed) +
                                             " was asked for; this model takes " + json_text(info.speed_min) + " to " +
                                             json_text(info.speed_max));
  return options;
}

inline hearth_status info(hearth_model* model, hearth_synthesize_info* out) {
  return trap([&] {
    const auto& from = speaker_of(model).info();
    hearth_synthesize_info to{};
    to.sample_rate_hz = from.sample_rate_hz;
    to.normalizes = from.normalizes ? 1 : 0;
    to.text_bytes_max = from.text_bytes_max;
    to.speed_min = from.speed_min;
    to.speed_max = from.speed_max;
    to.languages = borrow(from.languages);
    write_struct(to, out);
  });
}

inline hearth_status voices(hearth_model* model, const hearth_voice_emit* emit) {
  return trap([&] {
    const auto& out = required(emit, "the voice emit callback");
    for (const auto& from : speaker_of(model).voices()) {
      const hearth_voice voice = {sizeof(voice), borrow(from.id), borrow(from.language), borrow(from.about)};
      out.voice(out.ctx, &voice);
    }
  });
}

inline hearth_status synthesize(hearth_model* model, hearth_str text, const hearth_synthesize_options* options,
                                const hearth_call* call, const hearth_audio_sink* sink) {
  return trap([&] {
    const auto& out = required(sink, "the audio sink");
    auto& speaker = speaker_of(model);
    const std::string owned(view(text));
    if (!is_plain_utf8(owned))
      throw Error(HEARTH_INVALID_ARGUMENT, "the text to speak is no valid UTF-8, or has a NUL in it");
    if (const auto most = speaker.info().text_bytes_max; most != 0 && owned.size() > most)
      throw Error(HEARTH_INVALID_ARGUMENT, "the text to speak has " + std::to_string(owned.size()) +
                                               " bytes, more than the " + std::to_string(most) +
                                               " that this model takes at once");
    const auto typed = read_options(options, speaker, handle(model).session_keys);
    const CallGuard guard(*handle(model).host, call);
    guard.check("speaking");
    bool stopped = false;
    speaker.synthesize(owned, typed, guard, [&](std::span<const float> samples) {
      if (!stopped && !samples.empty()) stopped = out.write(out.ctx, samples.data(), samples.size()) != 0;
      return !stopped;
    });
    if (stopped) throw Error(HEARTH_CANCELLED, "the receiver of the audio stopped");
  });
}

inline const hearth_synthesize& table() {
  static const hearth_synthesize kTable = {sizeof(hearth_synthesize), HEARTH_CAP_SYNTHESIZE_MAJOR, &info, &voices,
                                           &synthesize};
  return kTable;
}

}  // namespace synthesize_table
}  // namespace hearth::sdk
