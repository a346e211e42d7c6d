// One command's speaking: a text, or features for a vocoder, into a sound file or a pipe.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "app/model_speaker.h"

namespace hearth {

struct SpeakOrder {
  SpeakerSettings speaker;
  std::string text;           // or SSML
  std::string features_file;  // log-mel features for the vocoder speaker.model instead of a text; empty: none
  std::string output;         // a file, or "-" for the pipe
  std::string format;         // by its name; empty: as the file's ending says, WAV into a pipe
  SpeakingStyle style;
};

struct SpokenFile {
  double audio_s = 0;
  std::uint32_t sample_rate_hz = 0;  // of the file
  double processing_s = 0;           // loading left out
  double first_frame_ms = 0;
  std::uint32_t n_sentences = 0;  // 0: features were spoken
  std::string voice;              // empty: features were spoken
  [[nodiscard]] double rtf() const { return audio_s > 0 ? processing_s / audio_s : 0; }
};

// A file is there whole or not at all. Errors of open_speaker, ScriptWriter::write, speak_lines, SoundFile and
// AudioEncoder; for features of VocoderSession. kInvalidArgument: no output, or an ending that names no format.
[[nodiscard]] Result<SpokenFile> speak_into_file(HearthApp& app, const SpeakOrder& order, std::FILE* pipe,
                                                 const CallBounds& bounds);

// The text of a file, or of `pipe` for "-". Errors of read_file; what is too long is kept so, for ScriptWriter to say.
[[nodiscard]] Result<std::string> read_text_to_speak(const std::string& path, std::FILE* pipe);

// The names of the formats that can be written.
[[nodiscard]] std::vector<std::string> sound_format_names();

}  // namespace hearth
