// The C table of the transcribe capability over TranscribeModel and TranscribeStream: checks what comes in, traps what
// is thrown.
#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "hearth/sdk/handles.h"
#include "hearth/sdk/transcribe.h"

namespace hearth::sdk {

struct TranscribeStreamHandle {
  const Host* host;
  std::shared_ptr<Model> model;
  std::unique_ptr<TranscribeStream> stream = {};  // last, so that it goes first
};

inline TranscribeStreamHandle& handle(hearth_transcribe_stream* stream) {
  return required(reinterpret_cast<TranscribeStreamHandle*>(stream), "the stream handle");
}

// A cross-cast instead of one more virtual function in Model: no other runtime knows of this modality.
inline TranscribeModel& transcriber_of(hearth_model* model) {
  auto* speech = dynamic_cast<TranscribeModel*>(handle(model).model.get());
  if (speech == nullptr) throw Error(HEARTH_UNSUPPORTED, "this model is no speech model; ask for another capability");
  return *speech;
}

namespace transcribe_table {

inline TranscribeOptions read_options(const hearth_transcribe_options* from, const TranscribeInfo& info,
                                      const std::vector<Key>& keys) {
  const auto raw = read_struct(from, hearth_transcribe_options{});
  TranscribeOptions options;
  options.translate = read_toggle(raw.translate, "translate") == Toggle::kOn;
  options.partials = read_toggle(raw.partials, "partials") == Toggle::kOn;
  options.language = view(raw.language);
  options.prompt = view(raw.prompt);
  if (const auto extra = view(raw.extra_json); !extra.empty())
    options.extra = parse_json(extra, "the stream's extra options");
  check_object(options.extra, keys, "the stream's extra options");
  if (options.translate && !info.can_translate)
    throw Error(HEARTH_UNSUPPORTED, "this speech model can't translate; leave it out or use another model");
  const auto known = split_names(info.languages);
  if (!options.language.empty() && !known.empty() && std::ranges::find(known, options.language) == known.end())
    throw Error(HEARTH_UNSUPPORTED,
                "this speech model doesn't know the language '" + options.language + "'; it knows " + info.languages);
  return options;
}

inline SegmentReceiver receiver(const hearth_transcribe_emit* emit) {
  const auto& out = required(emit, "the segment emit callback");
  return [&out](const SpokenSegment& from) {
    const hearth_transcribe_segment segment = {
        sizeof(segment),       from.is_final ? 1U : 0U,       from.start.count(), from.end.count(), borrow(from.text),
        borrow(from.language), from.confidence.value_or(-1.0)};
    out.segment(out.ctx, &segment);
    for (const auto& spoken : from.words) {
      const hearth_transcribe_word word = {sizeof(word), borrow(spoken.text), spoken.start.count(), spoken.end.count(),
                                           spoken.confidence.value_or(-1.0)};
      out.word(out.ctx, &word);
    }
  };
}

inline hearth_status info(hearth_model* model, hearth_transcribe_info* out) {
  return trap([&] {
    const auto& from = transcriber_of(model).info();
    hearth_transcribe_info to{};
    to.sample_rate_hz = from.sample_rate_hz;
    to.has_partials = from.has_partials ? 1 : 0;
    to.has_words = from.has_words ? 1 : 0;
    to.can_translate = from.can_translate ? 1 : 0;
    to.window_ms = from.window_ms;
    to.languages = borrow(from.languages);
    write_struct(to, out);
  });
}

inline hearth_status stream_new(hearth_model* model, const hearth_transcribe_options* options,
                                hearth_transcribe_stream** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    auto& speech = transcriber_of(model);
    const auto typed = read_options(options, speech.info(), handle(model).session_keys);
    auto made =
        std::make_unique<TranscribeStreamHandle>(TranscribeStreamHandle{handle(model).host, handle(model).model});
    made->stream = speech.new_stream(typed);
    if (!made->stream) throw Error(HEARTH_INTERNAL, "the runtime made no stream and gave no reason");
    result = reinterpret_cast<hearth_transcribe_stream*>(made.release());
  });
}

inline void stream_free(hearth_transcribe_stream* stream) { delete reinterpret_cast<TranscribeStreamHandle*>(stream); }

inline hearth_status accept(hearth_transcribe_stream* stream, const float* samples, std::size_t n,
                            const hearth_call* call, const hearth_transcribe_emit* emit) {
  return trap([&] {
    auto& on = handle(stream);
    const auto receive = receiver(emit);
    if (n != 0) required(samples, "the audio");
    const std::span<const float> audio(samples, n);
    for (const float value : audio)
      if (!std::isfinite(value)) throw Error(HEARTH_INVALID_ARGUMENT, "the audio has samples that are no numbers");
    const CallGuard guard(*on.host, call);
    guard.check("transcribing");
    on.stream->accept(audio, guard, receive);
  });
}

inline hearth_status finish(hearth_transcribe_stream* stream, const hearth_call* call,
                            const hearth_transcribe_emit* emit) {
  return trap([&] {
    auto& on = handle(stream);
    const auto receive = receiver(emit);
    const CallGuard guard(*on.host, call);
    guard.check("transcribing");
    on.stream->finish(guard, receive);
  });
}

inline const hearth_transcribe& table() {
  static const hearth_transcribe kTable = {
      sizeof(hearth_transcribe), HEARTH_CAP_TRANSCRIBE_MAJOR, &info, &stream_new, &stream_free, &accept, &finish};
  return kTable;
}

}  // namespace transcribe_table
}  // namespace hearth::sdk
