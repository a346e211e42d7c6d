// What was said and when, and the forms in which it is written down.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hearth {

struct TranscriptWord {
  std::string text;
  double start_s = 0;
  double end_s = 0;
  std::optional<double> confidence{};  // 0 to 1; absent where the engine can't tell
};

struct TranscriptSegment {
  double start_s = 0;
  double end_s = 0;
  std::string text;
  std::optional<double> confidence{};
  std::vector<TranscriptWord> words{};
};

// Makes the segment and its words later by so much.
void shift_seconds(TranscriptSegment& segment, double by_s);

// The segments' texts, joined by a blank.
[[nodiscard]] std::string transcript_text(std::span<const TranscriptSegment> segments);

// SubRip: numbered, hours:minutes:seconds,milliseconds. Empty text where there are no segments.
[[nodiscard]] std::string to_srt(std::span<const TranscriptSegment> segments);
// WebVTT, with its header. Source: W3C WebVTT: The Web Video Text Tracks Format, section 4; & < > are escaped.
[[nodiscard]] std::string to_vtt(std::span<const TranscriptSegment> segments);

}  // namespace hearth
