// Lines spoken as frames of audio that come while the rest is still being spoken.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>

#include "base/call_bounds.h"
#include "hearth/result.h"
#include "pipeline/speaker.h"
#include "pipeline/speech_script.h"

namespace hearth {

struct SpeechStreamOptions {
  std::uint32_t frame_ms = 80;    // 50 to 100 keep a player fed and let it stop at once
  std::uint32_t ring_ms = 4'000;  // how far ahead of its listener the speaker may be
};

struct SpokenAudio {
  std::uint64_t n_samples = 0;
  std::uint32_t n_lines = 0;
  double first_frame_ms = 0;  // from the call to the first frame
  double processing_s = 0;    // until all was spoken, waiting for the listener included
};

// Speaks on a thread of its own and hands over frames of frame_ms, the last one shorter, on the calling thread,
// borrowed for the call; `receive` returns false to stop. kInvalidData: nothing in the lines could be spoken;
// kCancelled; kDeadlineExceeded; errors of Speaker::speak. What was handed over before an error stays valid.
[[nodiscard]] Result<SpokenAudio> speak_lines(Speaker& speaker, std::span<const SpeechLine> lines,
                                              const SpeechStreamOptions& options, const CallBounds& bounds,
                                              const std::function<bool(std::span<const float>)>& receive);

}  // namespace hearth
