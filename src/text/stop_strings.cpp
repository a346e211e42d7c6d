#include "text/stop_strings.h"

#include <algorithm>
#include <utility>

namespace hearth {

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& s) { return s.empty(); });
}

const std::string* StopStrings::ending() const {
  const std::string* longest = nullptr;
  for (const auto& stop : stops_)
    if (held_.ends_with(stop) && (longest == nullptr || stop.size() > longest->size())) longest = &stop;
  return longest;
}

// The longest suffix of held_ that begins some stop string.
std::size_t StopStrings::held_length() const {
  std::size_t longest = 0;
  for (const auto& stop : stops_)
    for (std::size_t n = std::min(stop.size() - 1, held_.size()); n > longest; --n)
      if (held_.ends_with(std::string_view(stop).substr(0, n))) longest = n;
  return longest;
}

std::string StopStrings::push(std::string_view text) {
  std::string shown;
  if (stops_.empty() && !stopped()) return std::string(text);
  for (const char c : text) {
    if (stopped()) break;
    held_ += c;
    if (const auto* stop = ending(); stop != nullptr) {
      matched_ = *stop;
      shown.append(held_, 0, held_.size() - stop->size());
      held_.clear();
      break;
    }
    const std::size_t free = held_.size() - held_length();
    shown.append(held_, 0, free);
    held_.erase(0, free);
  }
  return shown;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

}  // namespace hearth
