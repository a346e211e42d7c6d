// What the governor and the watchdog did lately, for whoever asks.
#pragma once

#include <chrono>
#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "domain/telemetry.h"
#include "governor/governor.h"
#include "governor/watchdog.h"

namespace hearth {

// Keeps the last events. Externally synchronised.
class GovernorRecord {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  void add(const GovernorStep& step, const Ladder& ladder, WallTime at);
  void add(const StepEffect& effect, const Ladder& ladder, WallTime at);
  void add(const WatchdogAction& action, WallTime at);
  // Oldest first: {"time", "kind": "step" | "effect" | "watchdog", ...} of data/schemas/status.schema.json.
  [[nodiscard]] nlohmann::ordered_json to_json() const;

 private:
  void keep(std::string document);

  static constexpr std::size_t kKept = 64;
  std::deque<std::string> events_;  // as JSON texts
};

// What is known of a sample; absent is left out.
[[nodiscard]] nlohmann::ordered_json sample_to_json(const TelemetrySample& sample);

}  // namespace hearth
