// Transcripts as the commands print them.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "app/transcribe_session.h"

namespace hearth::cli {

// Seconds, to a millisecond.
[[nodiscard]] nlohmann::ordered_json time_json(double seconds);
// A list of {"start_s", "end_s", "text", "confidence"?, "words"?}.
[[nodiscard]] nlohmann::ordered_json segments_json(std::span<const TranscriptSegment> segments);

}  // namespace hearth::cli
