// A conversation by voice over sound files: a recording in, the answers out.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "app/voice_session.h"

namespace hearth {

struct VoiceRecordingOrder {
  VoiceSettings settings;
  std::string input;   // a file, or "-" for the pipe
  std::string output;  // a sound file, its format by its ending; there whole or not at all
  bool realtime = false;
};

// `on_turn` is told each turn when it is over. Errors of VoiceSession, open_live_sound, SoundFile and AudioEncoder;
// kNotFound: nothing was understood, so that there is no answer; kInvalidArgument: an ending that names no format.
[[nodiscard]] Status converse_with_recording(HearthApp& app, const VoiceRecordingOrder& order, std::FILE* pipe,
                                             const std::function<void(const VoiceTurn&)>& on_turn,
                                             const CallBounds& bounds);

}  // namespace hearth
