// What a runtime takes beside the model: its libraries, its process, the context of a device driver.
#pragma once

#include <cstdint>
#include <string_view>

namespace hearth {

struct RuntimeOverhead {
  std::uint64_t host_bytes = 0;            // resident before a model is there
  std::uint64_t host_bytes_per_token = 0;  // of the vocabulary
  std::uint64_t host_bytes_per_layer = 0;  // tables of tensors and graphs
  std::uint64_t device_bytes = 0;          // on an accelerator: driver context and kernels
};

// By a runtime's id in the catalogue. llama is measured (see the .cpp); the others are documented orders of magnitude.
[[nodiscard]] RuntimeOverhead runtime_overhead(std::string_view runtime);

}  // namespace hearth
