// Which kind of sound file some bytes are, and what its headers promise of its length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audio/byte_input.h"
#include "hearth/result.h"

namespace hearth {

enum class AudioContainer : std::uint8_t { kWav, kFlac, kOgg, kMp3 };

// "WAV", "FLAC", "Ogg", "MP3".
[[nodiscard]] std::string_view audio_container_name(AudioContainer container);

// Told by the first bytes, never by a name. kInvalidData: empty. kUnsupported: none of those that are read, with what
// to do for M4A, which is seen often.
[[nodiscard]] Result<AudioContainer> recognise_audio(ByteInput& input);

// What is amiss with the length of a WAV or Ogg file, which libsndfile passes over in silence: a WAV that promises
// more bytes than there are (kInvalidData). A size of two GiB or more that is not there, or of zero, is what a
// writer leaves that could not go back, as into a pipe; then the file is read to its end. Returns a note for the user,
// or an empty text. Reads headers only, at most 4096 chunks of a WAV and the last 64 KiB of an Ogg file.
[[nodiscard]] Result<std::string> check_audio_length(AudioContainer container, ByteInput& input);

}  // namespace hearth
