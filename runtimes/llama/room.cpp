#include "room.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "available_memory.h"

namespace hearth::llama {
namespace {

// Position, shift, extension and a bit for each of 256 sequences. Source: llama.cpp 0.5, llama-kv-cells.h.
constexpr std::uint64_t kTableBytesPerCell = 48;
// What is below this share of the memory at hand is not worth planning first.
constexpr double kSmallShare = 8;

std::string gib(std::uint64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << static_cast<double>(bytes) / (1U << 30U) << " GiB";
  return text.str();
}

void check(std::uint64_t needed, const std::string& what, const std::string& advice) {
  const auto available = available_memory_bytes();
  if (!available || needed <= *available) return;
  throw sdk::Error(HEARTH_DOES_NOT_FIT,
                   what + " needs " + gib(needed) + " of memory and " + gib(*available) + " is there; " + advice);
}

std::uint64_t anonymous_ram(const sdk::MemoryItems& items, bool of_weights) {
  std::uint64_t bytes = 0;
  for (const auto& item : items) {
    if (item.device == "cpu" && (item.component == HEARTH_MEM_WEIGHTS) == of_weights)
      bytes += item.bytes - item.mapped_bytes;
  }
  return bytes;
}

bool is_small(double bytes) {
  const auto available = available_memory_bytes();
  return !available || bytes < static_cast<double>(*available) / kSmallShare;
}

constexpr const char* kSmallerContext = "ask for a smaller context or a smaller KV type";

}  // namespace

void check_room_for_cells(std::uint64_t n_ctx) {
  check(n_ctx * kTableBytesPerCell, "the table of cells for a context of " + std::to_string(n_ctx) + " tokens",
        kSmallerContext);
}

void check_room_for_context(const llama_model* model, const sdk::LoadOptions& load, const sdk::TextOptions& text) {
  const auto n_ctx =
      text.n_ctx == 0 ? static_cast<std::uint64_t>(std::max(0, llama_model_n_ctx_train(model))) : text.n_ctx;
  check_room_for_cells(n_ctx);
  // No cache is larger than float32 of both full widths in each layer, no attention than float32 of each head and
  // token.
  const auto width = static_cast<double>(llama_model_n_embd(model)) * llama_model_n_layer(model) * 2 * sizeof(float);
  const auto attention = static_cast<double>(llama_model_n_head(model) + 1) * text.n_ubatch * sizeof(float);
  if (!tells_memory() || is_small(static_cast<double>(n_ctx) * (width + attention))) return;
  check(anonymous_ram(estimate_memory(load, text), false), "a context of " + std::to_string(n_ctx) + " tokens",
        kSmallerContext);
}

void check_room_for_weights(const sdk::LoadOptions& load, std::uint64_t tensor_bytes) {
  if (!tells_memory() || is_small(static_cast<double>(tensor_bytes))) return;
  sdk::TextOptions smallest;
  smallest.n_ctx = smallest.n_batch = smallest.n_ubatch = 1;
  check(anonymous_ram(estimate_memory(load, smallest), true), "the model '" + load.path + "'",
        "take a smaller or more quantised model, or use_mmap with \"repack\" off");
}

}  // namespace hearth::llama
