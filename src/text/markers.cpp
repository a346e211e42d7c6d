#include "text/markers.h"

#include <algorithm>

namespace hearth {

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

int MarkerGate::put(char c, std::string& released) {
  held_ += c;
  while (!held_.empty()) {
    for (std::size_t i = 0; i < markers_.size(); ++i) {
      if (!std::string_view(markers_[i]).starts_with(held_)) continue;
      if (markers_[i].size() > held_.size()) return kNone;
      held_.clear();
      return static_cast<int>(i);
    }
    released += held_.front();
    held_.erase(0, 1);
  }
  return kNone;
}

int LiteralMatcher::put(char c) {
  if (seen_.empty() && is_space(c)) return kWaiting;
  seen_ += c;
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    if (!std::string_view(literals_[i]).starts_with(seen_)) continue;
    if (literals_[i].size() > seen_.size()) return kWaiting;
    seen_.clear();
    return static_cast<int>(i);
  }
  seen_.pop_back();
  return kMismatch;
}

}  // namespace hearth
