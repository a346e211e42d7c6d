// Pipelines come from users' files: whatever is in them, the parser answers, and what it takes has an order.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pipeline/graph.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto graph = hearth::parse_pipeline({reinterpret_cast<const char*>(data), size});
  if (!graph) return 0;
  for (std::size_t i = 0; i < graph->stages.size(); ++i)
    if (graph->stages[i].from && *graph->stages[i].from >= i) std::abort();
  return 0;
}
