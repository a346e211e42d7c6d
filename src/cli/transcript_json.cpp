#include "cli/transcript_json.h"

#include <cmath>

namespace hearth::cli {

nlohmann::ordered_json time_json(double seconds) { return std::round(seconds * 1000.0) / 1000.0; }

nlohmann::ordered_json segments_json(std::span<const TranscriptSegment> segments) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& from : segments) {
    nlohmann::ordered_json segment = {
        {"start_s", time_json(from.start_s)}, {"end_s", time_json(from.end_s)}, {"text", from.text}};
    if (from.confidence) segment["confidence"] = *from.confidence;
    for (const auto& spoken : from.words) {
      nlohmann::ordered_json word = {
          {"text", spoken.text}, {"start_s", time_json(spoken.start_s)}, {"end_s", time_json(spoken.end_s)}};
      if (spoken.confidence) word["confidence"] = *spoken.confidence;
      segment["words"].push_back(std::move(word));
    }
    list.push_back(std::move(segment));
  }
  return list;
}

}  // namespace hearth::cli
