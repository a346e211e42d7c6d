// The status of a server again and again, for people: how it went over the last minute.
#pragma once

#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace hearth::cli {

// A row of bars, one a value, scaled between the least and the greatest. Values that are all alike make a low line.
[[nodiscard]] std::string sparkline(const std::deque<double>& values);

// Remembers what it was shown. Externally synchronised.
class StatusWatch {
 public:
  // The lines for a terminal, of this document of data/schemas/status.schema.json and those before it.
  [[nodiscard]] std::string lines(const nlohmann::ordered_json& status);

 private:
  static constexpr std::size_t kRemembered = 60;
  std::deque<double> temperatures_, speeds_, powers_, steps_;
};

}  // namespace hearth::cli
