// What host and worker say to each other about speaking. Text in what was read is borrowed from the payload.
#pragma once

#include "hearth/abi/hearth_speech.h"
#include "plugin_host/wire_messages.h"

namespace hearth {

void put(WireWriter& out, const hearth_synthesize_info& info);
hearth_synthesize_info get_synthesize_info(WireReader& in);
void put(WireWriter& out, const hearth_voice& voice);
// Hands the voices of a reply on, in their order. False when the message is not whole.
[[nodiscard]] bool emit_voices(WireReader& in, const hearth_voice_emit& emit);
void put(WireWriter& out, const hearth_synthesize_options& options);
hearth_synthesize_options get_synthesize_options(WireReader& in);

}  // namespace hearth
