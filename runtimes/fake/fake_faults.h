// Makes scripted calls go wrong.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fake_script.h"
#include "hearth/sdk/call_guard.h"

namespace hearth::fake {

// The names that a script may use.
[[nodiscard]] const std::vector<std::string>& fault_calls();
[[nodiscard]] std::vector<std::string> fault_action_names();
[[nodiscard]] std::vector<std::string> error_code_names();
[[nodiscard]] FaultAction fault_action(const std::string& name);  // of a name that was checked
[[nodiscard]] std::int32_t error_code(const std::string& name);

// Counts calls and does what the rules say. Internally locked.
class Faults {
 public:
  explicit Faults(std::vector<FaultRule> rules) : rules_(std::move(rules)) {}

  // Counts one `call` and carries out the rule that is due: throws, ends the process or hangs until `guard` stops it.
  // True when the logits of this decode are to be NaN.
  bool hit(std::string_view call, const sdk::CallGuard& guard);
  bool hit(std::string_view call);  // of a call without bounds

 private:
  const FaultRule* due(std::string_view call);

  const std::vector<FaultRule> rules_;
  std::mutex gate_;
  std::map<std::string, std::uint32_t, std::less<>> n_calls_;
};

}  // namespace hearth::fake
