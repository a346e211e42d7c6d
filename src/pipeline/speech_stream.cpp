#include "pipeline/speech_stream.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "audio/frame_ring.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{50};  // how often a waiting listener looks whether it was cancelled

std::size_t samples_of(std::uint32_t ms, std::uint32_t rate_hz) {
  return static_cast<std::size_t>(std::uint64_t{ms} * rate_hz / 1000);
}

Status push_silence(FrameRing& ring, std::size_t n) {
  const std::vector<float> silence(std::min<std::size_t>(n, 4'096));
  for (; n > 0; n -= std::min(n, silence.size()))
    if (!ring.push(std::span(silence).first(std::min(n, silence.size()))))
      return fail(ErrorCode::kCancelled, "the sound is wanted no more");
  return {};
}

Status speak_all(Speaker& speaker, std::span<const SpeechLine> lines, const CallBounds& bounds, FrameRing& ring) {
  const std::uint32_t rate_hz = speaker.facts().sample_rate_hz;
  bool has_sound = false;
  for (const auto& line : lines) {
    if (!line.text.empty())
      HEARTH_TRY(speaker.speak(line.text, line.style, bounds, [&](std::span<const float> samples) {
        has_sound = true;
        return ring.push(samples);
      }));
    HEARTH_TRY(push_silence(ring, samples_of(line.pause_ms, rate_hz)));
    has_sound = has_sound || line.pause_ms > 0;
  }
  if (!has_sound)
    return fail(ErrorCode::kInvalidData, "nothing in the text can be spoken by " + speaker.facts().model,
                "give words in a language that it knows");
  return {};
}

Status check_bounds(const CallBounds& bounds) {
  if (bounds.cancel != nullptr && bounds.cancel->requested())
    return fail(ErrorCode::kCancelled, "speaking was cancelled");
  if (bounds.deadline && SteadyClock::now() >= *bounds.deadline)
    return fail(ErrorCode::kDeadlineExceeded, "speaking did not end by its deadline");
  return {};
}

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

}  // namespace

Result<SpokenAudio> speak_lines(Speaker& speaker, std::span<const SpeechLine> lines, const SpeechStreamOptions& options,
                                const CallBounds& bounds, const std::function<bool(std::span<const float>)>& receive) {
  const auto start = SteadyClock::now();
  const std::uint32_t rate_hz = speaker.facts().sample_rate_hz;
  std::vector<float> frame(std::max<std::size_t>(samples_of(options.frame_ms, rate_hz), 1));
  FrameRing ring(std::max(samples_of(options.ring_ms, rate_hz), 2 * frame.size()));
  Status spoken;
  std::thread maker([&] {
    spoken = speak_all(speaker, lines, bounds, ring);
    ring.finish();
  });
  SpokenAudio audio;
  Status heard;
  for (bool at_end = false; !at_end && heard;) {
    const auto taken = ring.take(frame, kLook);
    at_end = taken.at_end;
    if (taken.n > 0) {
      if (audio.n_samples == 0) audio.first_frame_ms = ms_since(start);
      audio.n_samples += taken.n;
      if (!receive(std::span<const float>(frame).first(taken.n)))
        heard = fail(ErrorCode::kCancelled, "the sound is wanted no more");
    }
    if (heard && !at_end) heard = check_bounds(bounds);
  }
  ring.close();
  maker.join();
  if (!heard) return fail(std::move(heard).error());
  if (!spoken) return fail(std::move(spoken).error());
  audio.n_lines = static_cast<std::uint32_t>(lines.size());
  audio.processing_s = ms_since(start) / 1000;
  return audio;
}

}  // namespace hearth
