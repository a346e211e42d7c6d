// What host and worker say to each other about speech. Text in what was read is borrowed from the payload.
#pragma once

#include "hearth/abi/hearth_speech.h"
#include "plugin_host/wire_messages.h"

namespace hearth {

// Audio of one frame: what is longer goes in several calls, far below a frame's largest payload.
inline constexpr std::size_t kAudioSamplesPerCall = std::size_t{1} << 20U;

void put(WireWriter& out, const hearth_transcribe_info& info);
hearth_transcribe_info get_transcribe_info(WireReader& in);
void put(WireWriter& out, const hearth_transcribe_options& options);
hearth_transcribe_options get_transcribe_options(WireReader& in);
void put(WireWriter& out, const hearth_transcribe_segment& segment);
void put(WireWriter& out, const hearth_transcribe_word& word);
// Hands the segments and words of a reply on, in their order. False when the message is not whole.
[[nodiscard]] bool emit_spoken(WireReader& in, const hearth_transcribe_emit& emit);

}  // namespace hearth
