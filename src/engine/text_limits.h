// What text models are held to beside their plan, and how they are seen to be at work.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "hearth/error.h"

namespace hearth {

// Absent or 1: as planned. Requests under way keep what they began with; what concerns them (context, length, model)
// holds for those that come.
struct TextLimits {
  std::string rung;              // its name, for ModelFacts; empty: as planned
  double concurrency_share = 1;  // of each model's slots, one at least
  double threads_share = 1;      // of the threads that decode, one at least
  double context_share = 1;      // of the tokens of one request
  // Of the KV cache. Running answers end first; meanwhile none starts.
  std::optional<std::string> kv_type{};
  bool speculation = true;
  std::optional<std::uint32_t> max_new_tokens{};
  std::map<std::string, std::string> instead{};  // model to the model that answers for it
  [[nodiscard]] bool operator==(const TextLimits&) const = default;
};

// All that the governor and the watchdog ask of text models, together.
struct TextGovernance {
  TextLimits limits{};
  bool paused = false;             // answers stand still between two steps
  bool prefixes_in_ram = true;     // false: given up and not kept
  bool prefixes_on_disk = true;    // false: none is written
  std::optional<Error> refusal{};  // new requests get this
  // Where it is set, a person's requests that would be refused are answered by it instead, and told so.
  std::string canned_answer{};
};

// A loaded model's sign of life. Cheap to read: asks nothing of the runtime.
struct ModelPulse {
  std::string model;
  std::uint64_t rounds = 0;  // of its loop, computing or not
  double busy_s = 0;         // in the runtime, since it was loaded
  std::uint64_t completion_tokens = 0;
  std::uint64_t failed_allocations = 0;
  std::size_t waiting = 0;  // requests, as last published
  bool has_work = false;
  int worker_pid = 0;  // 0: it runs in this process
};

}  // namespace hearth
