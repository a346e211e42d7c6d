// Any bytes as a request's text: a verdict with scores between 0 and 1, the same each time, and never less when a card
// number follows.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "router/privacy_detector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const hearth::PrivacySettings settings;
  const auto verdict = hearth::personal_data_in(text, settings);
  for (const float score : verdict.score)
    if (!(score >= 0 && score <= 1)) std::abort();
  if (!(verdict.total >= 0 && verdict.total <= 1)) std::abort();
  if (hearth::personal_data_in(text, settings).total != verdict.total) std::abort();
  if (!hearth::personal_data_in(text + "\n\nxx 4111 1111 1111 1111 ", settings).personal) std::abort();
  return 0;
}
