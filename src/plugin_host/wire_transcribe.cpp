#include "plugin_host/wire_transcribe.h"

namespace hearth {
namespace {

enum class Spoken : std::uint8_t { kSegment = 1, kWord = 2 };

}  // namespace

void put(WireWriter& out, const hearth_transcribe_info& info) {
  out.put(info.sample_rate_hz);
  out.put(info.has_partials);
  out.put(info.has_words);
  out.put(info.can_translate);
  out.put(info.window_ms);
  out.put_text(view(info.languages));
}

hearth_transcribe_info get_transcribe_info(WireReader& in) {
  hearth_transcribe_info info{};
  info.struct_size = sizeof(info);
  info.sample_rate_hz = in.get<std::uint32_t>();
  info.has_partials = in.get<std::uint32_t>();
  info.has_words = in.get<std::uint32_t>();
  info.can_translate = in.get<std::uint32_t>();
  info.window_ms = in.get<std::uint32_t>();
  info.languages = borrow(in.get_text());
  return info;
}

void put(WireWriter& out, const hearth_transcribe_options& options) {
  out.put(options.translate);
  out.put(options.partials);
  out.put_text(view(options.language));
  out.put_text(view(options.prompt));
  out.put_text(view(options.extra_json));
}

hearth_transcribe_options get_transcribe_options(WireReader& in) {
  hearth_transcribe_options options{};
  options.struct_size = sizeof(options);
  options.translate = in.get<std::int32_t>();
  options.partials = in.get<std::int32_t>();
  options.language = borrow(in.get_text());
  options.prompt = borrow(in.get_text());
  options.extra_json = borrow(in.get_text());
  return options;
}

void put(WireWriter& out, const hearth_transcribe_segment& segment) {
  out.put(Spoken::kSegment);
  out.put(segment.is_final);
  out.put(segment.start_ns);
  out.put(segment.end_ns);
  out.put(segment.confidence);
  out.put_text(view(segment.text));
  out.put_text(view(segment.language));
}

void put(WireWriter& out, const hearth_transcribe_word& word) {
  out.put(Spoken::kWord);
  out.put(word.start_ns);
  out.put(word.end_ns);
  out.put(word.confidence);
  out.put_text(view(word.text));
}

bool emit_spoken(WireReader& in, const hearth_transcribe_emit& emit) {
  while (in.ok() && !in.at_end()) {
    const auto kind = static_cast<Spoken>(in.get<std::uint8_t>());
    if (kind == Spoken::kSegment) {
      hearth_transcribe_segment segment{};
      segment.struct_size = sizeof(segment);
      segment.is_final = in.get<std::uint32_t>();
      segment.start_ns = in.get<std::int64_t>();
      segment.end_ns = in.get<std::int64_t>();
      segment.confidence = in.get<double>();
      segment.text = borrow(in.get_text());
      segment.language = borrow(in.get_text());
      if (in.ok()) emit.segment(emit.ctx, &segment);
    } else if (kind == Spoken::kWord) {
      hearth_transcribe_word word{};
      word.struct_size = sizeof(word);
      word.start_ns = in.get<std::int64_t>();
      word.end_ns = in.get<std::int64_t>();
      word.confidence = in.get<double>();
      word.text = borrow(in.get_text());
      if (in.ok()) emit.word(emit.ctx, &word);
    } else {
      return false;
    }
  }
  return in.ok();
}

}  // namespace hearth
