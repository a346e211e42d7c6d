// plan.json on any bytes: refused with a place, or read into a plan that is written and read again as the same text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "documents/plan_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto plan = hearth::read_plan(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!plan) {
    if (plan.error().message.empty()) std::abort();
    return 0;
  }
  const std::string text = hearth::write_plan(*plan);
  const auto again = hearth::read_plan(text);
  if (!again || hearth::write_plan(*again) != text) std::abort();
  return 0;
}
