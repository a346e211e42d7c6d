#include "app/voice_recording.h"

#include "app/live_sound.h"
#include "app/sound_outputs.h"
#include "audio/audio_encoding.h"

namespace hearth {

Status converse_with_recording(HearthApp& app, const VoiceRecordingOrder& order, std::FILE* pipe,
                               const std::function<void(const VoiceTurn&)>& on_turn, const CallBounds& bounds) {
  const auto encoding = audio_encoding_of_name(order.output);
  if (!encoding)
    return fail(ErrorCode::kInvalidArgument, "'" + order.output + "' ends in no kind of sound file that can be written",
                "let it end in .wav, .flac, .ogg, .opus or .pcm");
  HEARTH_ASSIGN(session, VoiceSession::open(app, order.settings, bounds));
  LiveSoundOptions live;
  live.sample_rate_hz = session->input_rate_hz();
  live.realtime = order.realtime;
  live.bounds = bounds;
  HEARTH_ASSIGN(sound, open_live_sound(order.input, pipe, live));
  HEARTH_ASSIGN(file, SoundFile::create(order.output));
  HEARTH_ASSIGN(encoder, AudioEncoder::create(*file, session->output_rate_hz(), *encoding));
  Status written;
  VoiceListener listener;
  listener.turn = on_turn;
  listener.play = [&](std::span<const float> samples) {
    if (written) written = encoder->write(samples);
  };
  HEARTH_ASSIGN(turns, session->converse(*sound, listener, bounds));
  HEARTH_TRY(written);
  if (turns.empty())
    return fail(ErrorCode::kNotFound, "nothing was understood in '" + order.input + "', so that there is no answer",
                "give speech in the speech model's language, close to the microphone");
  HEARTH_TRY(encoder->finish());
  return file->keep();
}

}  // namespace hearth
