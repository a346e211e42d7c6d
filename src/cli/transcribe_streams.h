// hearth run transcribe --stream: recordings and pipes written down as they are spoken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/live_sound.h"
#include "app/transcribe_session.h"
#include "cli/command.h"

namespace hearth::cli {

struct StreamFlags {
  bool stream = false;
  bool realtime = false;
  bool no_partials = false;
  std::uint32_t at_once = 1;
  std::uint32_t pcm_rate_hz = 0;  // 0: what comes through a pipe is a WAV
  std::uint32_t pcm_channels = 1;
};

// Streams each of `paths`, as many at once as the flags say; returns the exit status.
[[nodiscard]] int transcribe_streams(const CommandContext& context, TranscribeSession& session,
                                     const std::vector<std::string>& paths, const StreamFlags& flags,
                                     const CallBounds& bounds);

}  // namespace hearth::cli
