#include "audio/transcript.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

std::string time_text(double seconds, char point) {
  const auto ms = static_cast<std::uint64_t>(std::llround(std::max(seconds, 0.0) * 1000.0));
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, point, ms % 1000);
}

// A cue ends at an empty line: none may be inside.
std::string one_paragraph(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r' || (c == '\n' && (out.empty() || out.back() == '\n'))) continue;
    out += c;
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

}  // namespace

void shift_seconds(TranscriptSegment& segment, double by_s) {
  segment.start_s += by_s;
  segment.end_s += by_s;
  for (auto& word : segment.words) {
    word.start_s += by_s;
    word.end_s += by_s;
  }
}

std::string transcript_text(std::span<const TranscriptSegment> segments) {
  std::string text;
  for (const auto& segment : segments) {
    if (segment.text.empty()) continue;
    if (!text.empty()) text += ' ';
    text += segment.text;
  }
  return text;
}

std::string to_srt(std::span<const TranscriptSegment> segments) {
  std::string out;
  std::size_t number = 0;
  for (const auto& segment : segments)
    out += fmt::format("{}\n{} --> {}\n{}\n\n", ++number, time_text(segment.start_s, ','),
                       time_text(segment.end_s, ','), one_paragraph(segment.text));
  return out;
}

std::string to_vtt(std::span<const TranscriptSegment> segments) {
  std::string out = "WEBVTT\n\n";
  for (const auto& segment : segments)
    out += fmt::format("{} --> {}\n{}\n\n", time_text(segment.start_s, '.'), time_text(segment.end_s, '.'),
                       escaped(one_paragraph(segment.text)));
  return out;
}

}  // namespace hearth
