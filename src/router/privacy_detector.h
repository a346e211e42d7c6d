// Personal data in a request, found by rules: a request that holds some stays on this machine.
#pragma once

#include <string_view>

#include "domain/route_target.h"

namespace hearth {

// How scores become a verdict; from the routing policy.
struct PrivacySettings {
  float threshold = 0.5F;                          // of the total, 0..1
  std::array<float, kPersonalDataCount> weight{};  // 0..1, by kind
  PrivacySettings() { weight.fill(1.0F); }
};

// Reads all of the text, whatever it says: what a text asks for changes nothing. Numbers count by their own checks
// (cards, accounts, ids) or by the words near them; conditions and sums of money count when somebody's own. Linear in
// the text, some 10 ns a byte; allocates nothing; any bytes are a text. Pure, thread-safe.
[[nodiscard]] PrivacyVerdict personal_data_in(std::string_view text, const PrivacySettings& settings);

}  // namespace hearth
