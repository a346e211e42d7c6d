#include "plugin_host/wire_synthesize.h"

namespace hearth {

void put(WireWriter& out, const hearth_synthesize_info& info) {
  out.put(info.sample_rate_hz);
  out.put(info.normalizes);
  out.put(info.text_bytes_max);
  out.put(info.speed_min);
  out.put(info.speed_max);
  out.put_text(view(info.languages));
}

hearth_synthesize_info get_synthesize_info(WireReader& in) {
  hearth_synthesize_info info{};
  info.struct_size = sizeof(info);
  info.sample_rate_hz = in.get<std::uint32_t>();
  info.normalizes = in.get<std::uint32_t>();
  info.text_bytes_max = in.get<std::uint32_t>();
  info.speed_min = in.get<double>();
  info.speed_max = in.get<double>();
  info.languages = borrow(in.get_text());
  return info;
}

void put(WireWriter& out, const hearth_voice& voice) {
  out.put_text(view(voice.id));
  out.put_text(view(voice.language));
  out.put_text(view(voice.about));
}

bool emit_voices(WireReader& in, const hearth_voice_emit& emit) {
  while (in.ok() && !in.at_end()) {
    hearth_voice voice{};
    voice.struct_size = sizeof(voice);
    voice.id = borrow(in.get_text());
    voice.language = borrow(in.get_text());
    voice.about = borrow(in.get_text());
    if (in.ok()) emit.voice(emit.ctx, &voice);
  }
  return in.ok();
}

void put(WireWriter& out, const hearth_synthesize_options& options) {
  out.put(options.speed);
  out.put_text(view(options.voice));
  out.put_text(view(options.extra_json));
}

hearth_synthesize_options get_synthesize_options(WireReader& in) {
  hearth_synthesize_options options{};
  options.struct_size = sizeof(options);
  options.speed = in.get<double>();
  options.voice = borrow(in.get_text());
  options.extra_json = borrow(in.get_text());
  return options;
}

}  // namespace hearth
