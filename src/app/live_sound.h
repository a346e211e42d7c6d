// Sound for a live stream, block by block: a recording, at once or as fast as it was spoken, or what comes through a
// pipe.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audio/pcm_stream.h"
#include "base/call_bounds.h"
#include "hearth/result.h"

namespace hearth {

struct LiveSoundOptions {
  std::uint32_t sample_rate_hz = kSpeechSampleRateHz;  // of what comes out
  bool realtime = false;                               // a recording comes as fast as it was spoken
  std::optional<PcmFormat> raw;                        // of what the pipe holds; absent: a WAV
  CallBounds bounds;                                   // what it points to outlives the sound
};

// One thread at a time.
class LiveSound {
 public:
  virtual ~LiveSound() = default;
  // Replaces `block` by the next samples, mono in [-1,1]; none only at the end. Blocks until they are there. Errors of
  // MonoReader and PcmStream; kCancelled, kDeadlineExceeded.
  [[nodiscard]] virtual Status next(std::vector<float>& block) = 0;
  // On what is odd about it, known at the end; may be empty.
  [[nodiscard]] virtual std::string note() const = 0;
};

// "-" is what comes through `pipe`, which is borrowed. Errors of MonoReader::open and PcmStream::create.
[[nodiscard]] Result<std::unique_ptr<LiveSound>> open_live_sound(const std::string& path, std::FILE* pipe,
                                                                 const LiveSoundOptions& options);

}  // namespace hearth
